// Package storetest is what every implementation of store.Store has to pass.
package storetest

import (
	"context"
	"testing"

	"tyto/store"
)

// A Place is where a store is. Each call opens it anew, as a program does
// that starts; the one before is closed.
type Place func(t testing.TB) store.Store

// Run runs every case against a place of its own, which make returns empty.
func Run(t *testing.T, make func(t testing.TB) Place) {
	for name, test := range map[string]func(t *testing.T, p Place){
		"log":                      testLog,
		"log/repeated batch":       testRepeatedBatch,
		"log/trim":                 testTrim,
		"log/thin":                 testThin,
		"devices":                  testDevices,
		"devices/filters":          testFilters,
		"devices/sorts":            testSorts,
		"devices/search":           testSearch,
		"devices/gone":             testGone,
		"devices/on link":          testOnLink,
		"devices/many pages":       testManyPages,
		"devices/survive":          testDevicesSurvive,
		"conversations":            testConversations,
		"conversations/filters":    testConversationFilters,
		"conversations/moves":      testMoves,
		"conversations/known":      testKnown,
		"conversations/scope":      testScope,
		"conversations/categories": testConversationCategories,
		"map":                      testMap,
		"map/bounds":               testMapBounds,
		"map/filters":              testMapFilters,
		"write is all or nothing":  testAtomic,
		"readers":                  testReaders,
		"readers/hold the log":     testReadersHold,
		"readers/news":             testNews,
		"connect/machines":         testMachines,
		"connect/unconnected":      testUnconnected,
		"readers/undelivered":      testUndelivered,
		"alerts":                   testAlerts,
		"alerts/quiet":             testQuiet,
		"facts":                    testFacts,
		"mutes":                    testMutes,
		"indicators":               testIndicators,
		"rules/print":              testRulesPrint,
		"alerts/decisions":         testAlertDecisions,
		"factors":                  testFactors,
		"saved filters":            testSavedFilters,
		"enrolment/authority":      testAuthority,
		"enrolment/join":           testJoin,
		"enrolment/revoke":         testRevoke,
		"enrolment/places":         testPlaces,
		"enrolment/gaps":           testGaps,
		"enrolment/receipts":       testReceipts,
		"traffic":                  testTraffic,
		"leases":                   testLeases,
		"leases/fence":             testFence,
		"log/arrived":              testArrived,
		"log/together":             testTogether,
		"acts":                     testActs,
		"acts/forgotten":           testActsForgotten,
		"history":                  testHistory,
		"history/roll up":          testRollUp,
		"conversations/stale":      testStale,
		"sensors":                  testSensors,
		"views":                    testView,
		"users":                    testUsers,
		"users/first":              testFirstUser,
		"users/last administrator": testLastAdmin,
		"sessions":                 testSessions,
		"sessions/bounded":         testSessionsOf,
		"tokens":                   testTokens,
		"audit":                    testAudit,
		"audit/queries":            testAuditQuery,
		"settings":                 testSettings,
		"concurrent use":           testConcurrent,
		"hostile text":             testHostile,
		"cancelled context":        testCancelled,
		"random against the model": testModel,
	} {
		t.Run(name, func(t *testing.T) { test(t, make(t)) })
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get is a value, or the end of the test.
func get[T any](t testing.TB) func(x T, err error) T {
	return func(x T, err error) T {
		t.Helper()
		must(t, err)
		return x
	}
}

var ctx = context.Background()
