// Package store asks the account store, an HTTP service beside this one.
package store

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Client keeps connections to the store and never waits longer than its time-out.
type Client struct {
	base string
	http *http.Client
}

// New takes the store's host:port.
func New(address string) *Client {
	transport := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: time.Second}).DialContext,
		MaxIdleConnsPerHost:   100,
		IdleConnTimeout:       30 * time.Second,
		ResponseHeaderTimeout: time.Second,
	}
	return &Client{
		base: "http://" + address,
		http: &http.Client{Transport: transport, Timeout: 1500 * time.Millisecond},
	}
}

// Ping reads a whole answer of the store, not only that something listens.
func (c *Client) Ping(ctx context.Context) error {
	return c.get(ctx, "/health")
}

// CheckAccount asks whether an account may sign in.
func (c *Client) CheckAccount(ctx context.Context, user string) error {
	return c.get(ctx, "/accounts/"+url.PathEscape(user))
}

func (c *Client) get(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return err
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20)); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the account store answered %s", answer.Status)
	}
	return nil
}
