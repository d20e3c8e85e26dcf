// Package postgrestest gives tests a PostgreSQL server of their own: in a
// temporary folder, on a socket in there, gone when they end. It is for tests
// alone.
package postgrestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Server is a running server.
type Server struct {
	bin    string
	folder string
	stop   func()

	mu        sync.Mutex
	databases int
	templates map[string]bool
}

var (
	mu      sync.Mutex
	running *Server
)

// Start is the server that a test binary shares; Main stops it. Without
// PostgreSQL on the machine the test fails, with what to install.
func Start(t testing.TB) *Server {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	if running == nil {
		bin, err := find()
		if err != nil {
			t.Fatal(err)
		}
		s, err := start(bin)
		if err != nil {
			t.Fatal(err)
		}
		running = s
	}
	return running
}

// Main runs tests, and stops the server after them. It is a goleak.TestingM.
type Main struct{ M *testing.M }

// Run implements goleak.TestingM.
func (m Main) Run() int {
	defer Stop()
	return m.M.Run()
}

// Stop stops the server, if one was started.
func Stop() {
	mu.Lock()
	defer mu.Unlock()
	if running != nil {
		running.stop()
		running = nil
	}
}

// find is the folder of the newest server program.
func find() (string, error) {
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is good
	if len(all) == 0 {
		if path, err := exec.LookPath("initdb"); err == nil {
			return filepath.Dir(path), nil
		}
		return "", errors.New("there is no PostgreSQL here; run .ci/install, or apt install postgresql")
	}
	version := func(path string) int { n, _ := strconv.Atoi(strings.Split(path, "/")[4]); return n }
	slices.SortFunc(all, func(a, b string) int { return version(b) - version(a) })
	return filepath.Dir(all[0]), nil
}

// nobody is who runs the server if the tests are root, as it refuses to be.
const nobody = 65534

func as(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return cmd
}

func start(bin string) (*Server, error) {
	folder, err := os.MkdirTemp("", "tyto-pg-") // short, as a socket's path must be
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, folder: folder, templates: map[string]bool{}}
	if os.Getuid() == 0 {
		err = os.Chown(folder, nobody, nobody)
	}
	if err == nil {
		err = s.run("initdb", "-D", s.data(), "-U", "tyto", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	}
	if err == nil {
		err = s.serve()
	}
	if err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

func (s *Server) run(program string, args ...string) error {
	cmd := as(exec.Command(filepath.Join(s.bin, program), args...))
	cmd.Dir = s.folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, bytes.TrimSpace(out))
	}
	return nil
}

// settings are for many small databases that nobody needs afterwards. FSYNC=on
// in the environment is for measuring.
func settings() []string {
	fsync := os.Getenv("FSYNC")
	if fsync == "" {
		fsync = "off"
	}
	return []string{"-c", "listen_addresses=", "-c", "fsync=" + fsync, "-c", "full_page_writes=" + fsync, "-c", "max_connections=200",
		"-c", "shared_buffers=128MB", "-c", "max_wal_size=1GB", "-c", "autovacuum_naptime=10s", "-c", "log_min_messages=fatal"}
}

// serve starts the server and waits until it answers. The thread that started
// it is kept, so that the kernel ends it with this process, however that ends.
func (s *Server) serve() error {
	var log bytes.Buffer
	cmd := as(exec.Command(filepath.Join(s.bin, "postgres"), append([]string{"-D", s.data(), "-k", s.folder}, settings()...)...))
	cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	cmd.Dir, cmd.Stderr = s.folder, &log
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // it is ended by a signal
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.stop = func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT) // at once; it may have ended
		<-ended
		os.RemoveAll(s.folder)
	}
	for limit := time.Now().Add(2 * time.Minute); time.Now().Before(limit); {
		if s.sql("SELECT 1") == nil {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("postgres ended: %s", bytes.TrimSpace(log.Bytes()))
		case <-time.After(25 * time.Millisecond):
		}
	}
	s.stop()
	return errors.New("postgres did not answer within 2 minutes")
}

func (s *Server) url(name string) string {
	return fmt.Sprintf("postgres://tyto@/%s?host=%s", name, s.folder)
}

// sql runs a statement in the server's own database.
func (s *Server) sql(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := pgconn.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement).ReadAll()
	return err
}

func (s *Server) must(t testing.TB, statement string) {
	t.Helper()
	err := s.sql(statement)
	for limit := time.Now().Add(2 * time.Minute); inUse(err) && time.Now().Before(limit); {
		err = s.sql(statement)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// inUse says that connections to a database are still ending: its server waits
// 5 s for them, which may be too short on a busy machine.
func inUse(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "55006"
}

// Database makes an empty database for a test, and returns its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.database(t, "template1")
}

func (s *Server) database(t testing.TB, template string) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.databases++
	name := fmt.Sprintf("t%d", s.databases)
	s.must(t, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { s.must(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return s.url(name)
}

// Filled is as Database, but a copy of one that fill made; name says which.
// fill must leave no connection open.
func (s *Server) Filled(t testing.TB, name string, fill func(url string)) string {
	t.Helper()
	return s.database(t, s.template(t, name, fill))
}

func (s *Server) template(t testing.TB, name string, fill func(url string)) string {
	s.mu.Lock()
	defer s.mu.Unlock() // also if fill ends the test
	template := "template_" + name
	if !s.templates[name] {
		s.must(t, "DROP DATABASE IF EXISTS "+template)
		s.must(t, "CREATE DATABASE "+template)
		fill(s.url(template))
		s.templates[name] = true
	}
	return template
}

// Disconnect breaks the connections of an application, as its death does.
func (s *Server) Disconnect(t testing.TB, application string) {
	t.Helper()
	s.must(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '"+application+"'")
}
