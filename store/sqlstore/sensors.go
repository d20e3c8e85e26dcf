package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"tyto/store"
)

// Sensors implements store.Sensors.
func (s *Store) Sensors(ctx context.Context) ([]store.Sensor, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT sensor, interface, zone, version, told, received, counters FROM sensor_interface ORDER BY sensor, interface")
	if err != nil {
		return nil, s.fail("list sensors", err)
	}
	reports, err := collect(rows, scanReport)
	if err != nil {
		return nil, s.fail("list sensors", err)
	}
	var all []store.Sensor
	for _, r := range reports {
		if len(all) == 0 || all[len(all)-1].Name != r.Sensor {
			all = append(all, store.Sensor{Name: r.Sensor})
		}
		sensor := &all[len(all)-1]
		if !r.Received.Before(sensor.Received) {
			sensor.Received, sensor.Version, sensor.Zone = r.Received, r.Version, r.Zone
		}
		sensor.Interfaces = append(sensor.Interfaces, r)
	}
	return all, nil
}

func scanReport(rows *sql.Rows) (r store.SensorReport, err error) {
	var told, received int64
	var counters string
	if err := rows.Scan(&r.Sensor, &r.Interface, &r.Zone, &r.Version, &told, &received, &counters); err != nil {
		return r, err
	}
	r.Time, r.Received = at(told), at(received)
	return r, json.Unmarshal([]byte(counters), &r.Counters)
}
