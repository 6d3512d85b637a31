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

// Pool is the connections to the server, kept alive, each with one request under way at most.
type Pool struct {
	requests *Requests
	record   *Record
	timeout  time.Duration
	all      []*connection

	lock    sync.Mutex
	free    []*connection
	waiting []int // numbers whose time has come, and for which no connection was free
}

type connection struct {
	net.Conn
	address string
	reader  *bufio.Reader
	request []byte
	sent    chan int // the numbers of requests that are under way
}

func dial(job Job, requests *Requests, record *Record) (*Pool, error) {
	pool := &Pool{requests: requests, record: record, timeout: time.Duration(job.Timeout * float64(time.Second))}
	for range job.Connections {
		made := &connection{address: job.Address, request: requests.copy(), sent: make(chan int, 1)}
		if err := made.dial(); err != nil {
			return nil, err
		}
		pool.all = append(pool.all, made)
		// Where several processes share a listener, none of them shall be given all at once.
		time.Sleep(dialPause)
	}
	pool.free = append(pool.free, pool.all...)
	return pool, nil
}

func (c *connection) dial() error {
	made, err := net.Dial("tcp", c.address)
	if err != nil {
		return err
	}
	c.Conn, c.reader = made, bufio.NewReader(made)
	return nil
}

// open sends so many requests, each at its time.
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
	// Go's own timers are a millisecond late; the kernel's, for this thread, are not.
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
	p.record.answered.Wait()
	for _, each := range p.all {
		close(each.sent)
	}
	running.Wait()
}

// closed sends on all connections as fast as answers come, for so long or until all are sent.
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

// take gives a free connection, or puts the number in the queue.
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

// release lets a connection send what has waited longest, or be free.
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
	// If it fails, so does the reading, which tells.
	each.Write(each.request)
	each.sent <- number
}

func (p *Pool) receive(each *connection, number int) {
	status, keep, err := readAnswer(each.reader)
	if err != nil {
		p.record.failed(number, err)
	} else {
		p.record.done(number, status)
	}
	if !keep {
		each.Close()
		each.dial() // a server that is gone shows as failures from now on
	}
}
