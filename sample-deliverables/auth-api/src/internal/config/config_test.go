package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestParse(t *testing.T) {
	for text, good := range map[string]bool{
		`{"greeting":"a","farewell":"b"}`:             true,
		`{"greeting":"a"`:                             false,
		`{"greeting":"a"}`:                            false,
		`{"greeting":"a","farewell":"b"} {}`:          false,
		`{"greeting":"a","farewell":"b","unknown":1}`: false,
	} {
		if _, err := Parse([]byte(text)); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestBrokenFileKeepsTheOldConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"greeting":"a","farewell":"b"}`)
	store, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	write(`{"greeting":"c",`)
	if store.Reload() == nil {
		t.Fatal("a broken file was accepted")
	}
	if store.Current().Greeting != "a" {
		t.Fatal("a broken file changed the configuration")
	}
}
