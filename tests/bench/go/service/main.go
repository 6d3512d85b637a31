// The webhook endpoint of the service in Go, with net/http, stripe-go and franz-go.
//
// Settings come from the environment: LISTEN, SECRET, SERVERS, TOPIC.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	producer, err := kgo.NewClient(
		kgo.SeedBrokers(os.Getenv("SERVERS")),
		kgo.RequiredAcks(kgo.AllISRAcks()), // idempotent by default
		kgo.ProducerLinger(0),
	)
	if err != nil {
		log.Fatal(err)
	}
	webhooks := &Webhooks{producer: producer, secret: os.Getenv("SECRET"), topic: os.Getenv("TOPIC")}
	mux := http.NewServeMux()
	mux.Handle("POST /api/v1/stripe/events", webhooks)
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), mux))
}
