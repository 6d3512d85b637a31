// Plays Stripe for payments: each PaymentIntent is created after a while, at next to no cost.
//
// Settings come from the environment: LISTEN, and PAYMENT_INTENT, the object to answer as JSON, whose id, amount,
// currency, client_secret and metadata are set. GET /made tells how many were created, POST /latency takes how many
// milliseconds it lasts from then on.
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
	var latency, made atomic.Int64
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
		id := fmt.Sprintf("pi_%024d", made.Add(1))
		intent["id"], intent["client_secret"] = id, id+"_secret_of_nobody"
		intent["amount"], _ = strconv.Atoi(request.Form.Get("amount"))
		intent["currency"] = request.Form.Get("currency")
		intent["metadata"] = metadata(request.Form)
		body, _ := json.Marshal(intent)
		time.Sleep(time.Until(due))
		response.Header().Set("Content-Type", "application/json")
		response.Header().Set("Request-Id", fmt.Sprintf("req_%d", made.Load()))
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
	http.HandleFunc("GET /made", func(response http.ResponseWriter, request *http.Request) {
		fmt.Fprint(response, made.Load())
	})
	http.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil))
}

func metadata(form map[string][]string) map[string]string {
	found := map[string]string{}
	for name, values := range form {
		if inner, is := strings.CutPrefix(name, "metadata["); is {
			found[strings.TrimSuffix(inner, "]")] = values[0]
		}
	}
	return found
}
