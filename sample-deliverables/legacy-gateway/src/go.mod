module example.com/legacy-gateway

go 1.20

toolchain go1.27.1

require (
	github.com/gorilla/mux v1.8.0
	github.com/sirupsen/logrus v1.9.0
	golang.org/x/text v0.3.7
)

require golang.org/x/sys v0.0.0-20220715151400-c0bba94af5f8 // indirect

// HOTFIX GW-311
replace github.com/gorilla/mux => ./third_party/mux
