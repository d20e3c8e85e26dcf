// Package dicom reads what of DICOM says who talks and what is asked for:
// SOP classes (PS3.4), command sets (PS3.7 annex E), reasons. It is pure: no
// memory of its own, no allocation. It never looks at data sets.
package dicom

import (
	"bytes"

	"tyto/frame"
)

// What a presentation context is asked for. The numbers are used as indices.
const (
	Other = iota
	Stores
	Searches
	Prints
	Identifies
	Transfers
	Writes
	Executes
)

const storage = "1.2.840.10008.5.1.4.1.1."

// modalities are the storage classes that one kind of machine makes, by what
// follows storage; those of images that workstations make are not among them.
var modalities = [...]struct{ class, role string }{
	{"1", "dicom modality cr"}, {"1.1", "dicom modality dx"}, {"1.1.1", "dicom modality dx"}, {"1.2", "dicom modality mg"},
	{"1.2.1", "dicom modality mg"}, {"2", "dicom modality ct"}, {"2.1", "dicom modality ct"}, {"4", "dicom modality mr"},
	{"4.1", "dicom modality mr"}, {"4.2", "dicom modality mr"}, {"6.1", "dicom modality us"}, {"3.1", "dicom modality us"},
	{"12.1", "dicom modality xa"}, {"12.1.1", "dicom modality xa"}, {"12.2", "dicom modality rf"}, {"20", "dicom modality nm"},
	{"128", "dicom modality pt"}, {"130", "dicom modality pt"}, {"9.1.1", "dicom modality ecg"}, {"9.1.2", "dicom modality ecg"},
	{"481.1", "dicom modality rt"}, {"77.1.1", "dicom modality es"}, {"77.1.2", "dicom modality gm"}, {"77.1.5.1", "dicom modality op"},
	{"77.1.5.4", "dicom modality op"}, {"13.1.3", "dicom modality mg"}}

// Use is what an abstract syntax is for, and the modality whose images it stores, "" if it is not of one.
func Use(syntax []byte) (use int, modality string) {
	switch {
	case bytes.HasPrefix(syntax, []byte("1.2.840.10008.5.1.4.1.2.")):
		return Searches, ""
	case bytes.HasPrefix(syntax, []byte("1.2.840.10008.5.1.1.9")) || bytes.HasPrefix(syntax, []byte("1.2.840.10008.5.1.1.18")):
		return Prints, ""
	case !bytes.HasPrefix(syntax, []byte(storage)):
		return Other, ""
	}
	class := syntax[len(storage):]
	for i := range modalities {
		if string(class) == modalities[i].class {
			return Stores, modalities[i].role
		}
	}
	return Stores, ""
}

// Command is what of a command set is used.
type Command struct{ Field, Status uint16 }

// ReadCommand reads a command set: implicit, little-endian elements of group 0.
func ReadCommand(c frame.Cursor) (x Command, ok bool) {
	for range 32 {
		if c.Len() == 0 {
			break
		}
		group, element, n := c.L16(), c.L16(), c.L32()
		if group != 0 || n > 1<<16 {
			return x, ok
		}
		value := c.Sub(int(n))
		if c.Short() {
			return x, ok
		}
		switch element {
		case 0x0100:
			x.Field, ok = value.L16(), true
		case 0x0900:
			x.Status = value.L16()
		}
	}
	return x, ok
}

// A Service is an operation of PS3.7.
type Service struct {
	field uint16
	Op    string
	Does  int
}

var services = [...]Service{{0x0001, "dicom c-store", Transfers}, {0x0010, "dicom c-get", Transfers}, {0x0020, "dicom c-find", Searches},
	{0x0021, "dicom c-move", Transfers}, {0x0030, "dicom c-echo", Identifies}, {0x0fff, "dicom c-cancel", Other},
	{0x0100, "dicom n-event-report", Other}, {0x0110, "dicom n-get", Other}, {0x0120, "dicom n-set", Writes},
	{0x0130, "dicom n-action", Executes}, {0x0140, "dicom n-create", Writes}, {0x0150, "dicom n-delete", Writes}}

// Find is the service of a command, nil if there is none.
func Find(field uint16) *Service {
	for i := range services {
		if services[i].field == field {
			return &services[i]
		}
	}
	return nil
}

// StatusText says how an operation ended (PS3.7 annex C).
func StatusText(status uint16) string {
	switch {
	case status == 0 || status == 1 || status&0xf000 == 0xb000:
		return "ok"
	case status == 0xfe00:
		return "cancelled"
	case status == 0x0122:
		return "sop class not supported"
	case status == 0x0124:
		return "not authorized"
	case status == 0xa801:
		return "move destination unknown"
	case status&0xff00 == 0xa700:
		return "out of resources"
	case status&0xff00 == 0xa900:
		return "data set does not match"
	}
	return "error"
}

// RejectText says why an association was rejected (PS3.8 section 9.3.4).
func RejectText(source, reason uint8) string {
	switch {
	case source == 1 && reason == 2:
		return "application context not supported"
	case source == 1 && reason == 3:
		return "calling AE not recognized"
	case source == 1 && reason == 7:
		return "called AE not recognized"
	case source == 3 && reason <= 2:
		return "busy"
	}
	return "rejected"
}
