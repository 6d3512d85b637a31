package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v82"
	"github.com/stripe/stripe-go/v82/webhook"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	maxBodyBytes = 1 << 20
	ackTimeout   = 5 * time.Second
	tolerance    = 300 * time.Second
)

// Webhooks responds with 200 once the broker has acknowledged the event's record.
type Webhooks struct {
	producer *kgo.Client
	secret   string
	topic    string
}

type receipt struct {
	EventID string `json:"event_id"`
	Outcome string `json:"outcome"`
}

func (w *Webhooks) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, maxBodyBytes))
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(response, http.StatusText(status), status)
		return
	}
	event, err := webhook.ConstructEventWithOptions(body, request.Header.Get("Stripe-Signature"), w.secret,
		webhook.ConstructEventOptions{Tolerance: tolerance, IgnoreAPIVersionMismatch: true})
	if err != nil {
		http.Error(response, "the signature is invalid", http.StatusBadRequest)
		return
	}
	if event.Livemode {
		http.Error(response, "a live event", http.StatusServiceUnavailable)
		return
	}
	if event.Type != stripe.EventTypePaymentIntentSucceeded {
		respond(response, receipt{event.ID, "ignored"})
		return
	}
	record, err := recordOf(event, w.topic)
	if err != nil {
		http.Error(response, "the event is malformed", http.StatusBadRequest)
		return
	}
	deadline, cancel := context.WithTimeout(request.Context(), ackTimeout)
	defer cancel()
	if err := w.producer.ProduceSync(deadline, record).FirstErr(); err != nil {
		log.Print(err)
		http.Error(response, "not persisted", http.StatusServiceUnavailable)
		return
	}
	respond(response, receipt{event.ID, "published"})
}

func respond(response http.ResponseWriter, body receipt) {
	response.Header().Set("Content-Type", "application/json")
	json.NewEncoder(response).Encode(body)
}
