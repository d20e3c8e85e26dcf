package main

import (
	"strings"
	"testing"
)

func TestStoreURLKeepsSecrets(t *testing.T) {
	for url, want := range map[string]string{
		"sqlite":                                 "sqlite",
		"postgres://tyto@db/tyto":                "postgres://tyto@db/tyto",
		"postgres://tyto:hunter2@db/tyto":        "postgres://tyto:xxxxx@db/tyto",
		"postgres://tyto:hun@ter2@db/tyto?a=b":   "postgres://tyto:xxxxx@db/tyto?a=b",
		"postgres:///tyto?host=/run&user=t:u@v":  "postgres:///tyto?host=/run&user=t:u@v",
		"postgres://db/tyto?password=hunter2&x=": "postgres://db/tyto?password=xxxxx&x=",
		"host=db password='hun\\'ter2' user=t":   "host=db password=xxxxx user=t",
		"postgres://tyto:hunter2":                "postgres://tyto:hunter2", // no address: it is no password yet
	} {
		if got := storeURL(url).String(); got != want {
			t.Errorf("%s is shown as %s, want %s", url, got, want)
		}
		if why := storeURL(url).check(); strings.Contains(why, "hunter2") {
			t.Errorf("%s: the check says %s", url, why)
		}
	}
}
