package proto

import (
	"strings"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

const (
	poct1Hello = `<?xml version="1.0" encoding="utf-8"?>` + "\r\n" + `<HEL.R01><HDR><HDR.message_type V="HEL.R01"/><HDR.control_id V="1"/><HDR.version_id V="POCT1"/></HDR>` +
		`<DEV><DEV.device_id V="00-11-22-FF-FE-33-44-55"/><DEV.vendor_id V="EXAMPLE"/><DEV.model_id V="EX-GLUCO 5"/><DEV.serial_id V="G1234567"/>` +
		`<DEV.manufacturer_name V="Example Diagnostics"/><DEV.hw_version V="B"/><DEV.sw_version V="2.8.1"/><DEV.device_name V="Ward 4 dock"/></DEV></HEL.R01>`
	poct1Observed = `<OBS.R01><HDR><HDR.message_type V="OBS.R01"/></HDR><SVC><PT><PT.patient_id V="PLANTED1"/><PT.name V="PLANTED"/><OBS>` +
		`<OBS.value V="PLANTED2" U="mg/dL"/></OBS></PT><OPR><OPR.operator_id V="PLANTED3"/></OPR></SVC></OBS.R01>`
)

func TestGeneratePOCT1(t *testing.T) {
	w := newWire()
	dock, manager := wireStation(30), wireStation(60)
	c := w.tcp(dock, 40001, manager, 9001)
	c.ask(poct1Hello[:200]).ask(poct1Hello[200:]).answer("<ACK.R01><HDR/><ACK><ACK.type_cd V=\"AA\"/></ACK></ACK.R01>\r\n")
	c.answer(`<REQ.R01><HDR/><REQ.request_cd V="ROBS"/></REQ.R01>`).ask(poct1Observed)
	c.answer(`<OPL.R01><HDR/><OPR.name V="PLANTED4"/></OPL.R01>`).answer(`<DTV.R01><DTV.command_cd V="SET_TIME"/></DTV.R01>`)
	c.ask(`<END.R01><HDR/></END.R01>`).end()
	w.keep(t, "poct1")
}

func TestPOCT1Tells(t *testing.T) {
	s := shown(t, "poct1", &Message{Body: []byte(poct1Hello), ToServer: true})
	if fact(s, "poct1.DEV.model_id") != "EX-GLUCO 5" || fact(s, "poct1.DEV.serial_id") != "G1234567" || fact(s, "poct1.DEV.sw_version") != "2.8.1" {
		t.Errorf("got %+v", s.Facts())
	}
	d := shown(t, "poct1", &Message{Body: []byte(`<DTV.R01></DTV.R01>`)}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Execute {
		t.Errorf("got %+v", d)
	}
}

// TestPOCT1KeepsPatientsOut gives observations in which all that is a patient's is marked.
func TestPOCT1KeepsPatientsOut(t *testing.T) {
	for _, b := range []string{poct1Observed, strings.Replace(poct1Hello, "</HEL.R01>", `<PT.name V="PLANTED"/></HEL.R01>`, 1)} {
		for _, x := range shown(t, "poct1", &Message{Body: []byte(b), ToServer: true}).Facts() {
			if strings.Contains(string(x.Value), "PLANTED") {
				t.Errorf("told %q of %s", x.Value, x.Field)
			}
		}
	}
}

func TestPOCT1Allocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 9001, Proto: frame.TCP}
	wireAllocs(t, "poct1", &Message{Frame: f, ToServer: true, Body: []byte(poct1Hello)})
	for _, text := range []string{"<html><HEL.R01>", "<", "<?xml?>", "<HEL.R01", "x<HEL.R01>"} {
		if isPOCT1(&Message{Frame: f, Body: []byte(text)}) {
			t.Errorf("%q is taken for POCT1", text)
		}
	}
}
