package forwardtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// SyslogNG is where .ci/install unpacks syslog-ng: its package cannot be
// installed beside that of rsyslog.
const SyslogNG = "/usr/local/lib/tyto-tests/syslog-ng"

const syslogNGFile = `@version: 3.35
options { keep-hostname(yes); use-dns(no); chain-hostnames(no); log-msg-size(65536); ts-format(iso); frac-digits(6); stats-freq(0); };
source far { %[1]s(ip("127.0.0.1") port(%[2]s) transport("%[3]s")%[4]s); };
destination fields { file("%[5]s/received" perm(0600)
	template("$(format-json pri=$PRI time=$S_ISODATE host=$HOST app=$PROGRAM msgid=$MSGID msg=$MSG)\n")); };
log { source(far); destination(fields); };
`

// StartSyslogNG starts a real syslog-ng for a transport, as StartRsyslog does.
// lines says that messages are lines of RFC 3164, not counted ones of RFC 5424.
func StartSyslogNG(t testing.TB, address, transport, folder string, lines bool) *Rsyslog {
	t.Helper()
	program, root := "syslog-ng", ""
	if _, err := exec.LookPath(program); err != nil {
		root = SyslogNG
		if program = filepath.Join(root, "usr/sbin/syslog-ng"); !exists(program) {
			t.Fatal("syslog-ng is missing; run .ci/install")
		}
	}
	r := &Rsyslog{Address: address, folder: folder, udp: transport == "udp", name: program}
	driver, more := "syslog", ""
	if lines {
		driver = "network"
	}
	if transport == "tls" {
		more = fmt.Sprintf(` tls(key-file("%[1]s/server.key") cert-file("%[1]s/server.pem") ca-file("%[1]s/ca.pem") peer-verify(required-trusted))`, folder)
	}
	config := filepath.Join(folder, "syslog-ng.conf")
	must(t, os.WriteFile(config, fmt.Appendf(nil, syslogNGFile, driver, r.port(), transport, more, folder), 0o600))
	r.args = []string{"--foreground", "--no-caps", "--cfgfile=" + config, "--persist-file=" + filepath.Join(folder, "persist"), "--pidfile=" + filepath.Join(folder, "pid"), "--control=" + filepath.Join(folder, "ctl")}
	if root != "" {
		libraries := filepath.Join(root, "usr/lib/syslog-ng")
		modules, _ := filepath.Glob(filepath.Join(libraries, "[0-9]*"))
		if len(modules) != 1 {
			t.Fatalf("%s holds %d sets of modules, want one; run .ci/install", libraries, len(modules))
		}
		r.args = append(r.args, "--module-path="+modules[0])
		r.env = append(os.Environ(), "LD_LIBRARY_PATH="+libraries)
	}
	r.Up(t)
	t.Cleanup(func() { r.Down(t) })
	return r
}

func exists(name string) bool { _, err := os.Stat(name); return err == nil }
