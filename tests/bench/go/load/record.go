package main

import (
	"errors"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Result is the result of a job; times in milliseconds. Accepted has the numbers of requests with a
// 2xx response, Responses the count of each status, Failures the count of each reason without a
// response. Late is how far the generator itself was behind its schedule.
type Result struct {
	Accepted  []int              `json:"accepted"`
	Responses map[string]int     `json:"responses"`
	Failures  map[string]int     `json:"failures"`
	Seconds   float64            `json:"seconds"`
	Times     map[string]float64 `json:"times_ms"`
	Late      map[string]float64 `json:"late_ms"`
}

// Record stores the time of each request, so that percentiles are exact.
type Record struct {
	began    time.Time
	started  []time.Time
	took     []time.Duration
	statuses []int32
	lates    []time.Duration
	finished sync.WaitGroup
	lock     sync.Mutex
	failures map[string]int
	last     atomic.Int64 // nanoseconds from the beginning to the latest response
}

func newRecord(count int) *Record {
	return &Record{
		started:  make([]time.Time, count),
		took:     make([]time.Duration, count),
		statuses: make([]int32, count),
		failures: map[string]int{},
	}
}

func (r *Record) begin(at time.Time) { r.began = at }

func (r *Record) due(number int, at time.Time) {
	r.finished.Add(1)
	r.started[number] = at
}

func (r *Record) late(by time.Duration) { r.lates = append(r.lates, by) }

func (r *Record) done(number, status int) {
	now := time.Now()
	r.took[number] = now.Sub(r.started[number])
	r.statuses[number] = int32(status)
	r.ended(now)
}

func (r *Record) failed(number int, err error) {
	reason := err.Error()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		reason = "timeout"
	} else if other := new(net.OpError); errors.As(err, &other) {
		reason = other.Err.Error()
	}
	r.lock.Lock()
	r.failures[reason]++
	r.lock.Unlock()
	r.ended(time.Now())
}

func (r *Record) ended(now time.Time) {
	since := int64(now.Sub(r.began))
	for latest := r.last.Load(); since > latest && !r.last.CompareAndSwap(latest, since); {
		latest = r.last.Load()
	}
	r.finished.Done()
}

func (r *Record) result() Result {
	result := Result{Accepted: []int{}, Responses: map[string]int{}, Failures: r.failures}
	var times []time.Duration
	for number, status := range r.statuses {
		if status == 0 {
			continue
		}
		result.Responses[strconv.Itoa(int(status))]++
		if status/100 == 2 {
			result.Accepted = append(result.Accepted, number)
			times = append(times, r.took[number])
		}
	}
	result.Seconds = time.Duration(r.last.Load()).Seconds()
	result.Times, result.Late = percentiles(times), percentiles(r.lates)
	return result
}

func percentiles(values []time.Duration) map[string]float64 {
	result := map[string]float64{}
	if len(values) == 0 {
		return result
	}
	slices.Sort(values)
	for name, share := range map[string]float64{"p50": .5, "p90": .9, "p99": .99, "p999": .999, "max": 1} {
		index := min(int(share*float64(len(values))), len(values)-1)
		result[name] = float64(values[index]) / float64(time.Millisecond)
	}
	return result
}
