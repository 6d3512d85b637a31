// Sends prepared requests at a server and measures how long each answer takes.
//
// Standard input has a Job as JSON, standard output gets a Result. With a rate the arrivals follow a
// schedule, and a time is counted from the scheduled moment: what waits behind a slow answer has
// waited (no coordinated omission). Without one, each connection sends again as soon as it has its
// answer.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

func main() {
	// More than there are cores: the thread that keeps the schedule sleeps in the kernel.
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
