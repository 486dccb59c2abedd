// Package version names the release.
package version

// Number is the delivered version, as the health endpoints say it.
const Number = "1.4.2"

// Service is the name that every log record carries.
const Service = "auth-api"
