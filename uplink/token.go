package uplink

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"strconv"
	"strings"
	"unicode"
)

// A Token is what a sensor needs to join: where its hub is, how to know it,
// and a secret that is good once.
type Token struct {
	Hub    string   // HOST:PORT
	Pin    [32]byte // SHA-256 of the certificate (DER) of the hub's authority
	Secret [32]byte
}

// The text of a token: the prefix, then in base64 pin, secret, the hub's
// address, and a checksum against slips in copying.
const (
	tokenPrefix = "tyto1_"
	maxToken    = 512
	maxAddress  = 255
)

// ErrToken says that a text is no token.
var ErrToken = errors.New("this is no join token; copy all of it, from tyto1_ to the end, or make another with 'tyto hub token'")

// String is the token as it is copied.
func (t Token) String() string {
	b := append(t.Pin[:len(t.Pin):len(t.Pin)], t.Secret[:]...)
	b = append(b, t.Hub...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b)
}

// ParseToken reads what String wrote. The error is ErrToken, with the reason.
func ParseToken(text string) (t Token, err error) {
	text = strings.TrimFunc(text, unicode.IsSpace)
	body, ok := strings.CutPrefix(text, tokenPrefix)
	if !ok || len(text) > maxToken {
		return t, ErrToken
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || len(b) < len(t.Pin)+len(t.Secret)+4 {
		return t, fmt.Errorf("%w (it is damaged)", ErrToken)
	}
	b, sum := b[:len(b)-4], b[len(b)-4:]
	if crc32.ChecksumIEEE(b) != binary.BigEndian.Uint32(sum) {
		return t, fmt.Errorf("%w (a character is missing or wrong)", ErrToken)
	}
	copy(t.Pin[:], b)
	copy(t.Secret[:], b[len(t.Pin):])
	t.Hub = string(b[len(t.Pin)+len(t.Secret):])
	if err := CheckAddress(t.Hub); err != nil {
		return Token{}, fmt.Errorf("%w (%w)", ErrToken, err)
	}
	return t, nil
}

// CheckAddress says what is wrong with a HOST:PORT that a sensor is to call.
func CheckAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || len(address) > maxAddress {
		return fmt.Errorf("address %q is not HOST:PORT", address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("address %q: the port must be from 1 to 65535", address)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return fmt.Errorf("address %q names no machine; give the name or address by which sensors reach the hub", address)
	}
	for _, r := range host {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-_:%", r) {
			return fmt.Errorf("address %q: %q does not belong into a host's name", address, r)
		}
	}
	return nil
}
