// Package outbound is how the hub talks to other products over HTTPS: whom it
// trusts, where its secrets are, how it signs in, how fast it may ask, and
// what their answers mean. Packages forward and connect do the talking.
package outbound

import (
	"fmt"
	"os"
	"strings"
)

// Bad tells what is wrong with a key of a configuration, and what to do.
type Bad func(key, why string)

// A Secret is named by where it is, so that no configuration holds one. It is
// read each time that it is needed, and may change meanwhile.
type Secret struct {
	File string `yaml:"file,omitempty"`
	Env  string `yaml:"env,omitempty"`
}

// Check finds what cannot be meant.
func (s Secret) Check(key string, needed bool, bad Bad) {
	switch {
	case s.File != "" && s.Env != "":
		bad(key, "names a file and a variable of the environment; want one of them")
	case s.File == "" && s.Env == "" && needed:
		bad(key, "is missing; name a file that holds it with 'file:', or a variable of the environment with 'env:'")
	}
}

// maxSecret bounds the file of a secret.
const maxSecret = 64 << 10

// Read is the secret now, "" if none is named.
func (s Secret) Read() (string, error) {
	if s.Env != "" {
		if v := os.Getenv(s.Env); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("the variable %s of the environment is empty; set it for the hub's service", s.Env)
	}
	if s.File == "" {
		return "", nil
	}
	b, err := os.ReadFile(s.File)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	v := strings.TrimSpace(string(b))
	if v == "" || len(v) > maxSecret {
		return "", fmt.Errorf("the secret in %s has %d bytes; want 1 to %d", s.File, len(v), maxSecret)
	}
	return v, nil
}
