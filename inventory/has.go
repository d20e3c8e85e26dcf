package inventory

// Has reports whether there is a device of an id.
func (v *Inventory) Has(id string) bool {
	v.settle()
	n, ok := parseID(id)
	return ok && v.byID[n] != 0
}
