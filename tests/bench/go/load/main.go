// Sends prepared requests to a server and measures the response times.
//
// It reads a Job as JSON from standard input and writes a Result to standard output. With a rate,
// requests follow a schedule and response times count from when a request was due, so waiting behind
// a slow response is included (no coordinated omission). Without a rate, each connection sends again
// as soon as it has its response.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

func main() {
	// More than there are cores, because the thread of the schedule sleeps in the kernel.
	runtime.GOMAXPROCS(4)
	debug.SetGCPercent(400)
	result, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(result)
}

func run() (Result, error) {
	var job Job
	if err := json.NewDecoder(os.Stdin).Decode(&job); err != nil {
		return Result{}, err
	}
	requests, err := prepare(job)
	if err != nil {
		return Result{}, err
	}
	record := newRecord(job.Count)
	pool, err := dial(job, requests, record)
	if err != nil {
		return Result{}, err
	}
	if job.Rate > 0 {
		pool.open(job.Rate, job.Count)
	} else {
		pool.closed(job.Count, job.Seconds)
	}
	return record.result(), nil
}
