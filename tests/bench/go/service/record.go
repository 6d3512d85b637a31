package main

import (
	"encoding/json"
	"time"

	"github.com/stripe/stripe-go/v82"
	"github.com/twmb/franz-go/pkg/kgo"
)

type paymentSucceeded struct {
	PaymentID          string            `json:"payment_id"`
	Account            *string           `json:"account"`
	Status             string            `json:"status"`
	Amount             int64             `json:"amount"`
	Currency           string            `json:"currency"`
	Reference          *string           `json:"reference"`
	Metadata           map[string]string `json:"metadata"`
	OccurredAt         string            `json:"occurred_at"`
	AmountReceived     int64             `json:"amount_received"`
	ChargeID           *string           `json:"charge_id"`
	PaymentMethodID    *string           `json:"payment_method_id"`
	PaymentMethodTypes []string          `json:"payment_method_types"`
}

func recordOf(event stripe.Event, topic string) (*kgo.Record, error) {
	var intent stripe.PaymentIntent
	if err := json.Unmarshal(event.Data.Raw, &intent); err != nil {
		return nil, err
	}
	occurredAt := time.Unix(event.Created, 0).UTC().Format(time.RFC3339)
	data := paymentSucceeded{
		PaymentID:          intent.ID,
		Status:             string(intent.Status),
		Amount:             intent.Amount,
		Currency:           string(intent.Currency),
		Metadata:           intent.Metadata,
		OccurredAt:         occurredAt,
		AmountReceived:     intent.AmountReceived,
		PaymentMethodTypes: intent.PaymentMethodTypes,
	}
	if reference, found := intent.Metadata["reference"]; found {
		data.Reference = &reference
	}
	if intent.LatestCharge != nil {
		data.ChargeID = &intent.LatestCharge.ID
	}
	if intent.PaymentMethod != nil {
		data.PaymentMethodID = &intent.PaymentMethod.ID
	}
	account := "self"
	if event.Account != "" {
		account = event.Account
		data.Account = &account
	}
	value, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	return &kgo.Record{
		Topic: topic,
		Key:   []byte(intent.ID),
		Value: value,
		Headers: []kgo.RecordHeader{
			header("ce_specversion", "1.0"),
			header("ce_id", event.ID),
			header("ce_type", "payments.PaymentSucceededEvent.v1"),
			header("ce_source", "/stripe/"+account+"/test"),
			header("ce_subject", intent.ID),
			header("ce_time", occurredAt),
			header("content-type", "application/json"),
			header("__TypeId__", "PaymentSucceededEvent"),
			header("stripe_event_type", string(event.Type)),
			header("stripe_api_version", event.APIVersion),
			header("livemode", "false"),
			header("origin", "webhook"),
		},
	}, nil
}

func header(name, value string) kgo.RecordHeader {
	return kgo.RecordHeader{Key: name, Value: []byte(value)}
}
