// dsse-check verifies the envelopes of a pack with the reference implementation of DSSE in Go, and nothing of the verifier's own.
//
//	dsse-check KEY.pub ENVELOPES.intoto.jsonl
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/secure-systems-lab/go-securesystemslib/signerverifier"
)

func main() {
	if err := check(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(keyFile, envelopes string) error {
	pem, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	key, err := signerverifier.LoadKey(pem)
	if err != nil {
		return err
	}
	// The key's identifier inside the envelope is a hint by another scheme: whose key it is, the caller says.
	key.KeyID = ""
	verifier, err := signerverifier.NewED25519SignerVerifierFromSSLibKey(key)
	if err != nil {
		return err
	}
	all, err := dsse.NewEnvelopeVerifier(verifier)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(envelopes)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var envelope dsse.Envelope
		if err := json.Unmarshal(lines.Bytes(), &envelope); err != nil {
			return err
		}
		for i := range envelope.Signatures {
			envelope.Signatures[i].KeyID = ""
		}
		if _, err := all.Verify(context.Background(), &envelope); err != nil {
			return err
		}
		payload, err := envelope.DecodeB64Payload()
		if err != nil {
			return err
		}
		var statement struct {
			Type          string `json:"_type"`
			PredicateType string `json:"predicateType"`
		}
		if err := json.Unmarshal(payload, &statement); err != nil {
			return err
		}
		fmt.Println(envelope.PayloadType, statement.Type, statement.PredicateType)
	}
	return lines.Err()
}
