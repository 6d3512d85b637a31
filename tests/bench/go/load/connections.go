package main

import (
	"bufio"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	prSetTimerSlack = 29 // prctl(2)
	dialPause       = 2 * time.Millisecond
)

// Pool has the persistent connections to the server, each with at most one request in flight.
type Pool struct {
	requests *Requests
	record   *Record
	timeout  time.Duration
	all      []*connection

	lock    sync.Mutex
	free    []*connection
	waiting []int // numbers of due requests for which no connection was free
}

type connection struct {
	net.Conn
	address string
	reader  *bufio.Reader
	request []byte
	sent    chan int // the numbers of requests in flight
}

func dial(job Job, requests *Requests, record *Record) (*Pool, error) {
	pool := &Pool{requests: requests, record: record, timeout: time.Duration(job.Timeout * float64(time.Second))}
	for range job.Connections {
		connection := &connection{address: job.Address, request: requests.copy(), sent: make(chan int, 1)}
		if err := connection.dial(); err != nil {
			return nil, err
		}
		pool.all = append(pool.all, connection)
		// If several processes share a listener, a pause spreads the connections over them.
		time.Sleep(dialPause)
	}
	pool.free = append(pool.free, pool.all...)
	return pool, nil
}

func (c *connection) dial() error {
	conn, err := net.Dial("tcp", c.address)
	if err != nil {
		return err
	}
	c.Conn, c.reader = conn, bufio.NewReader(conn)
	return nil
}

// open sends count requests at a rate, each when it is due.
func (p *Pool) open(rate float64, count int) {
	var running sync.WaitGroup
	for _, each := range p.all {
		running.Go(func() {
			for number := range each.sent {
				p.receive(each, number)
				p.release(each)
			}
		})
	}
	// Go's timers are up to a millisecond late; a sleep in the kernel with minimal slack is not.
	runtime.LockOSThread()
	syscall.Syscall(syscall.SYS_PRCTL, prSetTimerSlack, 1, 0)
	interval := float64(time.Second) / rate
	start := time.Now().Add(10 * time.Millisecond)
	p.record.begin(start)
	for number := range count {
		due := start.Add(time.Duration(float64(number) * interval))
		p.record.due(number, due)
		if left := time.Until(due); left > 0 {
			pause := syscall.NsecToTimespec(int64(left))
			syscall.Nanosleep(&pause, nil)
		}
		p.record.late(time.Since(due))
		if each := p.take(number); each != nil {
			p.send(each, number)
		}
	}
	p.record.finished.Wait()
	for _, each := range p.all {
		close(each.sent)
	}
	running.Wait()
}

// closed sends on all connections as fast as responses arrive, for seconds or until count are sent.
func (p *Pool) closed(count int, seconds float64) {
	var next atomic.Int64
	var running sync.WaitGroup
	start := time.Now()
	p.record.begin(start)
	end := start.Add(time.Duration(seconds * float64(time.Second)))
	for _, each := range p.all {
		running.Go(func() {
			for now := time.Now(); now.Before(end); now = time.Now() {
				number := int(next.Add(1)) - 1
				if number >= count {
					return
				}
				p.record.due(number, now)
				p.send(each, number)
				p.receive(each, <-each.sent)
			}
		})
	}
	running.Wait()
}

// take returns a free connection, or puts the number into the queue and returns nil.
func (p *Pool) take(number int) *connection {
	p.lock.Lock()
	defer p.lock.Unlock()
	if len(p.free) == 0 {
		p.waiting = append(p.waiting, number)
		return nil
	}
	taken := p.free[0]
	p.free = p.free[1:]
	return taken
}

// release lets a connection send the request that has waited longest, or marks it as free.
func (p *Pool) release(each *connection) {
	p.lock.Lock()
	if len(p.waiting) == 0 {
		p.free = append(p.free, each)
		p.lock.Unlock()
		return
	}
	number := p.waiting[0]
	p.waiting = p.waiting[1:]
	p.lock.Unlock()
	p.send(each, number)
}

func (p *Pool) send(each *connection, number int) {
	p.requests.fill(each.request, number)
	each.SetDeadline(time.Now().Add(p.timeout))
	// If it fails, reading fails too, and reports the error.
	each.Write(each.request)
	each.sent <- number
}

func (p *Pool) receive(each *connection, number int) {
	status, keep, err := readResponse(each.reader)
	if err != nil {
		p.record.failed(number, err)
	} else {
		p.record.done(number, status)
	}
	if !keep {
		each.Close()
		each.dial() // if this fails, so do all further requests on it
	}
}
