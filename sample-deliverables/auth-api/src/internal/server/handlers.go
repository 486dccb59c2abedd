package server

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// greeting says what the configuration in force says; both words come from one snapshot.
func (s *Service) greeting(w http.ResponseWriter, r *http.Request) {
	c := s.Config.Current()
	answer(w, http.StatusOK, map[string]string{"greeting": c.Greeting, "farewell": c.Farewell})
}

// events is a long poll: it waits as long as the client wants, at most five seconds.
func (s *Service) events(w http.ResponseWriter, r *http.Request) {
	wait, err := time.ParseDuration(r.URL.Query().Get("wait"))
	if err != nil || wait < 0 {
		problem(w, http.StatusBadRequest, "wait is not a duration")
		return
	}
	select {
	case <-time.After(min(wait, 5*time.Second)):
		answer(w, http.StatusOK, map[string][]string{"events": {}})
	case <-r.Context().Done():
	}
}

type session struct {
	User    string    `json:"user"`
	Expires time.Time `json:"expires"`
}

// sessions are kept in memory, at most mostSessions; the oldest entries go first when they expired.
type sessions struct {
	mutex sync.Mutex
	byID  map[uuid.UUID]session
}

const mostSessions = 100_000

func (all *sessions) add(user string, ttl time.Duration) (uuid.UUID, bool) {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	if all.byID == nil {
		all.byID = map[uuid.UUID]session{}
	}
	if len(all.byID) >= mostSessions {
		for id, s := range all.byID {
			if time.Now().After(s.Expires) {
				delete(all.byID, id)
			}
		}
		if len(all.byID) >= mostSessions {
			return uuid.Nil, false
		}
	}
	id := uuid.New()
	all.byID[id] = session{User: user, Expires: time.Now().UTC().Add(ttl)}
	return id, true
}

func (all *sessions) get(id uuid.UUID) (session, bool) {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	s, ok := all.byID[id]
	return s, ok && time.Now().Before(s.Expires)
}

// signIn opens a session for an account that the store knows.
func (s *Service) signIn(w http.ResponseWriter, r *http.Request) {
	var body struct {
		User string `json:"user"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&body); err != nil || body.User == "" {
		problem(w, http.StatusBadRequest, "user is missing")
		return
	}
	if err := s.Accounts.CheckAccount(r.Context(), body.User); err != nil {
		s.Log.ErrorContext(r.Context(), "account store failed", "user", body.User, "error", err)
		problem(w, http.StatusBadGateway, "the account store does not answer")
		return
	}
	id, ok := s.sessions.add(body.User, s.ttl())
	if !ok {
		problem(w, http.StatusServiceUnavailable, "too many sessions")
		return
	}
	answer(w, http.StatusCreated, map[string]string{"session": id.String()})
}

func (s *Service) ttl() time.Duration {
	ttl, err := time.ParseDuration(s.Config.Current().SessionTTL)
	if err != nil || ttl <= 0 {
		return time.Hour
	}
	return ttl
}

// session shows an open session.
func (s *Service) session(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		problem(w, http.StatusBadRequest, "not a session id")
		return
	}
	found, ok := s.sessions.get(id)
	if !ok {
		s.Log.WarnContext(r.Context(), "unknown session", "session", id)
		problem(w, http.StatusNotFound, "no such session")
		return
	}
	answer(w, http.StatusOK, found)
}

// introspect is for older clients that send the token as a query parameter. It panics on a malformed token,
// as the library's MustParse does; the recovering middleware answers 500 and logs it.
func (s *Service) introspect(w http.ResponseWriter, r *http.Request) {
	_, active := s.sessions.get(uuid.MustParse(r.URL.Query().Get("token")))
	answer(w, http.StatusOK, map[string]bool{"active": active})
}
