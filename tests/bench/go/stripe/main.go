// A stand-in for Stripe that creates PaymentIntents with a configured latency and very little CPU.
//
// Settings come from the environment: LISTEN, and PAYMENT_INTENT, the object to respond with as JSON; its id, amount,
// currency, client_secret and metadata are set. GET /created returns how many were created, POST /latency sets the
// latency in milliseconds.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

func main() {
	var template map[string]any
	if err := json.Unmarshal([]byte(os.Getenv("PAYMENT_INTENT")), &template); err != nil {
		log.Fatal("PAYMENT_INTENT: ", err)
	}
	var latency, created atomic.Int64
	http.HandleFunc("POST /v1/payment_intents", func(response http.ResponseWriter, request *http.Request) {
		due := time.Now().Add(time.Duration(latency.Load()))
		if err := request.ParseForm(); err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		intent := map[string]any{}
		for name, value := range template {
			intent[name] = value
		}
		id := fmt.Sprintf("pi_%024d", created.Add(1))
		intent["id"], intent["client_secret"] = id, id+"_secret_bench"
		intent["amount"], _ = strconv.Atoi(request.Form.Get("amount"))
		intent["currency"] = request.Form.Get("currency")
		intent["metadata"] = metadata(request.Form)
		body, _ := json.Marshal(intent)
		time.Sleep(time.Until(due))
		response.Header().Set("Content-Type", "application/json")
		response.Header().Set("Request-Id", fmt.Sprintf("req_%d", created.Load()))
		response.Header().Set("Idempotency-Key", request.Header.Get("Idempotency-Key"))
		response.Write(body)
	})
	http.HandleFunc("POST /latency", func(response http.ResponseWriter, request *http.Request) {
		milliseconds, err := strconv.Atoi(request.FormValue("ms"))
		if err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		latency.Store(int64(time.Duration(milliseconds) * time.Millisecond))
	})
	http.HandleFunc("GET /created", func(response http.ResponseWriter, request *http.Request) {
		fmt.Fprint(response, created.Load())
	})
	http.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil))
}

func metadata(form map[string][]string) map[string]string {
	result := map[string]string{}
	for name, values := range form {
		if key, ok := strings.CutPrefix(name, "metadata["); ok {
			result[strings.TrimSuffix(key, "]")] = values[0]
		}
	}
	return result
}
