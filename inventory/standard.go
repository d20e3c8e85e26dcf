package inventory

import (
	"fmt"

	"tyto/content"
	"tyto/fingerprint"
	"tyto/frame"
)

// Standard is DefaultConfig with what ships in the program: the fingerprint
// rules and the vendors' prefixes.
func Standard() (Config, error) {
	rules, err := fingerprint.Load(content.Rules())
	if err != nil {
		return Config{}, fmt.Errorf("inventory: the rules that ship with the program: %w", err)
	}
	c := DefaultConfig()
	c.Rules, c.Vendor = rules, registrant
	return c, nil
}

func registrant(m frame.MAC) (name, kind string, ok bool) {
	o, ok := content.OUI(m)
	return o.Vendor, o.Kind.String(), ok
}
