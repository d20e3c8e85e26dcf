package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The Redis serialization protocol: what a server says of itself in INFO, and
// commands that change its configuration. Keys and values are passed over.
func init() {
	register(Dissector{
		Name:  "redis",
		Where: []Where{TCP(6379)},
		Is:    isRedis, Tell: tellRedis,
	})
}

// What Memory[0] of a conversation keeps.
const (
	redisLogin = 1 << iota
	redisTold
)

// isRedis: a request is an array of strings, "*2\r\n$4\r\n"; an answer begins with its kind.
func isRedis(m *Message) bool {
	b := m.Body
	if len(b) < 4 {
		return false
	}
	line, rest, ok := bytes.Cut(b[:min(len(b), 64)], redisEnd)
	switch b[0] {
	case '*':
		return ok && redisNumber(line[1:]) && (len(rest) == 0 || rest[0] == '$')
	case '$', ':':
		return ok && redisNumber(line[1:])
	}
	return bytes.HasPrefix(b, redisOK) || bytes.HasPrefix(b, redisPong) || bytes.HasPrefix(b, redisError) || bytes.HasPrefix(b, redisNoAuth)
}

var (
	redisEnd    = []byte("\r\n")
	redisOK     = []byte("+OK\r\n")
	redisPong   = []byte("+PONG\r\n")
	redisError  = []byte("-ERR ")
	redisNoAuth = []byte("-NOAUTH ")
	redisWrong  = []byte("-WRONGPASS ")
)

func redisNumber(b []byte) bool {
	for _, x := range b {
		if x < '0' || x > '9' {
			return len(b) > 1 && x == '-'
		}
	}
	return len(b) > 0 && len(b) < 10
}

// redisCommands is commands that are known by name; the others are counted together.
var redisCommands = [...]struct {
	word, op string
	verb     tyto.Verb
}{
	{"AUTH", "redis AUTH", tyto.NoVerb}, {"INFO", "redis INFO", tyto.NoVerb}, {"GET", "redis GET", tyto.NoVerb},
	{"SET", "redis SET", tyto.NoVerb}, {"PING", "redis PING", tyto.NoVerb}, {"HELLO", "redis HELLO", tyto.NoVerb},
	{"PUBLISH", "redis PUBLISH", tyto.NoVerb}, {"SUBSCRIBE", "redis SUBSCRIBE", tyto.NoVerb}, {"KEYS", "redis KEYS", tyto.NoVerb},
	{"CONFIG", "redis CONFIG", tyto.Configure}, {"SLAVEOF", "redis SLAVEOF", tyto.Configure}, {"REPLICAOF", "redis REPLICAOF", tyto.Configure},
	{"MODULE", "redis MODULE", tyto.Execute}, {"EVAL", "redis EVAL", tyto.Execute}, {"FLUSHALL", "redis FLUSHALL", tyto.Write},
	{"FLUSHDB", "redis FLUSHDB", tyto.Write}, {"SHUTDOWN", "redis SHUTDOWN", tyto.Stop},
}

// redisWord reads the first string of a request, in upper case.
func redisWord(m *Message, upper *[12]byte) []byte {
	c := m.Read()
	c.Line()
	c.Line()
	word := c.Line()
	if len(word) > len(upper) {
		return nil
	}
	for i, x := range word {
		if x >= 'a' && x <= 'z' {
			x -= 'a' - 'A'
		}
		upper[i] = x
	}
	return upper[:len(word)]
}

func tellRedis(m *Message, s *Sink) {
	if !m.ToServer {
		redisAnswer(m, s)
		return
	}
	if len(m.Body) == 0 || m.Body[0] != '*' {
		return
	}
	var upper [12]byte
	word := redisWord(m, &upper)
	for i := range redisCommands {
		if x := &redisCommands[i]; x.word == string(word) {
			if i == 0 {
				m.Memory[0] |= redisLogin
			}
			s.Did(x.verb, x.op, nil, "")
			return
		}
	}
	s.Op("redis other command")
}

var (
	redisVersion = []byte("\nredis_version:")
	redisOS      = []byte("\nos:")
	redisServer  = []byte("database server")
)

func redisAnswer(m *Message, s *Sink) {
	memory := &m.Memory[0]
	switch {
	case *memory&redisLogin == 0:
	case bytes.HasPrefix(m.Body, redisOK):
		*memory &^= redisLogin
		s.Undergone(tyto.Login, "redis AUTH", nil, "ok")
	case bytes.HasPrefix(m.Body, redisError), bytes.HasPrefix(m.Body, redisWrong):
		*memory &^= redisLogin
		s.Undergone(tyto.LoginFailed, "redis AUTH", nil, "refused")
	}
	version := redisLine(m.Body, redisVersion)
	if version == nil || *memory&redisTold != 0 {
		return
	}
	*memory |= redisTold
	s.Sender(tyto.Clue, version, tyto.Stated, "redis.version")
	s.Sender(tyto.Clue, redisLine(m.Body, redisOS), tyto.Stated, "redis.os")
	s.Sender(tyto.Role, redisServer, tyto.Shown, "redis.version")
	if b := s.Scratch(24 + len(version)); b != nil {
		b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(append(b, " redis Redis "...), version...), tyto.Stated, "redis.version")
	}
}

// redisLine is the rest of the line that begins with the key.
func redisLine(b, key []byte) []byte {
	i := bytes.Index(b, key)
	if i < 0 {
		return nil
	}
	c := frame.Read(b[i+len(key):])
	line := c.Line()
	return line[:min(len(line), 80)]
}
