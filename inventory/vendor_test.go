package inventory

import (
	"testing"

	"tyto/tyto"
)

// TestVendorsAreBelievedByUsualNames also needs that the evidence stays as it was told.
func TestVendorsAreBelievedByUsualNames(t *testing.T) {
	z := newZone(t)
	z.sent("00:1b:17:00:00:01", "10.0.0.1", 0, 1)
	z.say(1, "00:1b:17:00:00:01", "10.0.0.1", tyto.Vendor, "ASUSTeK COMPUTER INC.", tyto.Shown, "upnp", "upnp.manufacturer")
	z.say(2, "00:1b:17:00:00:01", "10.0.0.1", tyto.Vendor, "Asus", tyto.Guessed, "eth", "eth.addr.oui_resolved")
	z.say(3, "00:1b:17:00:00:01", "10.0.0.1", tyto.Vendor, "Maker of One", tyto.Inferred, "http", "http.server")
	d := z.Devices()[0]
	b := d.Beliefs[tyto.Vendor]
	if b.Value != "Asus" || b.Confidence != tyto.Shown || len(b.Others) != 1 || b.Others[0].Value != "Maker of One" {
		t.Errorf("believed: %+v", b)
	}
	told := false
	for _, c := range d.Evidence {
		told = told || c.Attr == tyto.Vendor && c.Value == "ASUSTeK COMPUTER INC."
	}
	if !told {
		t.Error("the evidence does not have the name as it was told")
	}
	if !isMadeBy([]fact{{Claim: tyto.Claim{Attr: tyto.Vendor, Value: "ASUSTeK COMPUTER INC."}}}, "Asus") {
		t.Error("rules that require Asus would not know it")
	}
}

// TestWhoBringsTheInternetIsTakenForARouter: one host beyond it is enough, if the zone has addresses of its own.
func TestWhoBringsTheInternetIsTakenForARouter(t *testing.T) {
	for _, c := range []struct{ host, want string }{{"10.0.0.5", "router"}, {"198.51.100.7", ""}} {
		z := newZone(t)
		z.sent("00:1b:17:00:00:05", c.host, 0, 9)
		z.sent("00:1b:17:00:00:06", "93.184.216.34", 1, 8)
		for _, d := range z.Devices() {
			got := d.Beliefs[tyto.Type]
			if d.Interfaces[0].MAC == mac(t, "00:1b:17:00:00:06") && (got.Value != c.want || got.Confidence > tyto.Guessed) {
				t.Errorf("beside %s: %q, %v; want %q, guessed", c.host, got.Value, got.Confidence, c.want)
			}
		}
	}
}

// TestVersionsOfASystemAreToldThoughLessSure: only of the system that is believed.
func TestVersionsOfASystemAreToldThoughLessSure(t *testing.T) {
	for _, c := range []struct {
		sure, guess, want string
	}{
		{"Windows", "Windows 10", "Windows 10"},
		{"Windows", "Android 9", "Windows"},
		{"macOS", "macOS or iOS", "macOS"},
		{"Windows 10", "Windows", "Windows 10"},
	} {
		z := newZone(t)
		z.sent("00:1b:17:00:00:01", "10.0.0.1", 0, 1)
		z.say(1, "00:1b:17:00:00:01", "10.0.0.1", tyto.OS, c.sure, tyto.Shown, "dhcp", "dhcp.option.vendor_class_id")
		z.say(2, "00:1b:17:00:00:01", "10.0.0.1", tyto.OS, c.guess, tyto.Guessed, "dhcp", "dhcp.option.request_list_item")
		if got := z.Devices()[0].Beliefs[tyto.OS]; got.Value != c.want || len(got.Others) != 1 {
			t.Errorf("%s, perhaps %s: believed %q of %d", c.sure, c.guess, got.Value, 1+len(got.Others))
		}
	}
}
