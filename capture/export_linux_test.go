package capture

import "slices"

// SwitchOff has an interface do without features, as ethtool -K does.
func SwitchOff(name string, features ...string) error {
	all, err := featuresOf(name)
	if err != nil {
		return err
	}
	change := struct {
		command, blocks uint32
		block           [mostFeatures / 32]struct{ valid, requested uint32 }
	}{command: 0x3b, blocks: uint32(len(all)+31) / 32} // ETHTOOL_SFEATURES
	for _, f := range features {
		if i := slices.Index(all, f); i >= 0 {
			change.block[i/32].valid |= 1 << (i % 32)
		}
	}
	return ethtool(name, &change)
}
