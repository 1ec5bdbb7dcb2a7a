module forebay/bench/peers/nats_load

go 1.24

require github.com/nats-io/nats.go v1.48.0
