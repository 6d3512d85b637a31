package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Job describes the requests to send. Headers and Body may contain {name}, which becomes Prefix and
// twelve digits that differ in each request. With a Secret each body is signed as Stripe does. A Rate
// of 0 is a closed loop, which ends after Seconds or when Count requests are sent.
type Job struct {
	Address     string   `json:"address"`
	Path        string   `json:"path"`
	Headers     []string `json:"headers"`
	Body        string   `json:"body"`
	Secret      string   `json:"secret"`
	Prefix      string   `json:"prefix"`
	First       int      `json:"first"`
	Count       int      `json:"count"`
	Rate        float64  `json:"rate"`
	Seconds     float64  `json:"seconds"`
	Connections int      `json:"connections"`
	Timeout     float64  `json:"timeout"`
}

const (
	placeholder = "{name}"
	digits      = 12
)

// Requests differ only in names and signatures, whose offsets are known: a request is a copy of the
// template with these filled in.
type Requests struct {
	template   []byte
	names      []int
	signature  int // its offset, 0 without one
	prefix     string
	first      int
	signatures [][sha256.Size]byte
}

// prepare signs all requests in advance, so that signing takes no time during the measurement.
func prepare(job Job) (*Requests, error) {
	requests := &Requests{prefix: job.Prefix, first: job.First}
	blank := job.Prefix + strings.Repeat("0", digits)
	body := strings.ReplaceAll(job.Body, placeholder, blank)
	now := time.Now().Unix()
	var head strings.Builder
	fmt.Fprintf(&head, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", job.Path, job.Address, len(body))
	for _, line := range job.Headers {
		head.WriteString(line + "\r\n")
	}
	signed := ""
	if job.Secret != "" {
		fmt.Fprintf(&head, "Stripe-Signature: t=%d,v1=", now)
		signed = strings.Repeat("0", 2*sha256.Size)
	}
	text := head.String() + signed
	if signed != "" {
		text += "\r\n"
	}
	text += "\r\n" + job.Body
	for at := strings.Index(text, placeholder); at >= 0; at = strings.Index(text, placeholder) {
		requests.names = append(requests.names, at)
		text = text[:at] + blank + text[at+len(placeholder):]
	}
	requests.template = []byte(text)
	if !bytes.HasSuffix(requests.template, []byte(body)) {
		return nil, fmt.Errorf("the template does not end with the body")
	}
	if signed != "" {
		requests.signature = strings.Index(text, ",v1=") + len(",v1=")
		requests.sign(job.Secret, fmt.Sprintf("%d.", now), len(body), job.Count)
	}
	return requests, nil
}

func (r *Requests) sign(secret, stamp string, bodyLength, count int) {
	r.signatures = make([][sha256.Size]byte, count)
	workers := runtime.NumCPU()
	var waiting sync.WaitGroup
	for worker := range workers {
		waiting.Go(func() {
			request := r.copy()
			mac := hmac.New(sha256.New, []byte(secret))
			for number := worker; number < count; number += workers {
				r.name(request, number)
				mac.Reset()
				mac.Write([]byte(stamp))
				mac.Write(request[len(request)-bodyLength:])
				mac.Sum(r.signatures[number][:0])
			}
		})
	}
	waiting.Wait()
}

// copy returns a buffer for fill.
func (r *Requests) copy() []byte { return bytes.Clone(r.template) }

// fill turns a buffer into the request with this number.
func (r *Requests) fill(request []byte, number int) {
	r.name(request, number)
	if r.signature > 0 {
		hex.Encode(request[r.signature:], r.signatures[number][:])
	}
}

func (r *Requests) name(request []byte, number int) {
	var written [digits]byte
	rest := r.first + number
	for index := digits - 1; index >= 0; index-- {
		written[index] = byte('0' + rest%10)
		rest /= 10
	}
	for _, at := range r.names {
		copy(request[at+len(r.prefix):], written[:])
	}
}
