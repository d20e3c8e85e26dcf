package modbus

import "tyto/frame"

// An Identity is the objects of Read Device Identification (section 6.21).
type Identity struct {
	Vendor, Code, Revision, URL, Product, Model, Application []byte
	Others                                                   [4][]byte // the maker's own
	Broken                                                   bool      // an object does not fit
}

// ReadIdentity reads what follows the MEI type in an answer.
func ReadIdentity(c *frame.Cursor) (d Identity) {
	c.Skip(4) // code, conformity, more follows, next object
	others := 0
	for range c.U8() {
		id := c.U8()
		value := c.Bytes(int(c.U8()))
		if c.Short() {
			d.Broken = true
			break
		}
		switch id {
		case 0:
			d.Vendor = value
		case 1:
			d.Code = value
		case 2:
			d.Revision = value
		case 3:
			d.URL = value
		case 4:
			d.Product = value
		case 5:
			d.Model = value
		case 6:
			d.Application = value
		default:
			if others < len(d.Others) {
				d.Others[others] = value
				others++
			}
		}
	}
	return d
}
