package files

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// What a configuration says of TLS by keys, beside a tls.Config.

// TLS is what the keys of that name say.
type TLS struct {
	CAFile, CertFile, KeyFile string // paths of PEM
	ServerName                string
	SkipVerify                bool
}

// Check says what is wrong with the keys: on is whether there is TLS at all, and base what
// else is said of it, or nil. The files are not looked at.
func (k TLS) Check(on bool, base *tls.Config) error {
	if (k.CertFile == "") != (k.KeyFile == "") {
		return errors.New("surrealsql: one of tls_cert_file and tls_key_file is set: expected both")
	}
	if base == nil {
		base = new(tls.Config)
	}
	for _, key := range []struct {
		name        string
		isSet, also bool // also by base
	}{
		{"tls_ca_file", k.CAFile != "", base.RootCAs != nil},
		{"tls_cert_file", k.CertFile != "", len(base.Certificates) > 0 || base.GetClientCertificate != nil},
		{"tls_server_name", k.ServerName != "", base.ServerName != ""},
		{"tls_skip_verify", k.SkipVerify, false},
	} {
		switch {
		case key.isSet && !on:
			return fmt.Errorf("surrealsql: %s without TLS: expected wss:// as the scheme, or tls=true", key.name)
		case key.isSet && key.also:
			return fmt.Errorf("surrealsql: %s and its part of Config.TLSConfig are both set: expected one of them", key.name)
		}
	}
	return nil
}

// Config reads the files into a copy of base, which may be nil.
func (k TLS) Config(base *tls.Config) (*tls.Config, error) {
	t := new(tls.Config)
	if base != nil {
		t = base.Clone()
	}
	if k.ServerName != "" {
		t.ServerName = k.ServerName
	}
	t.InsecureSkipVerify = t.InsecureSkipVerify || k.SkipVerify
	if k.CAFile != "" {
		pem, err := Read("tls_ca_file", k.CAFile)
		if err != nil {
			return nil, err
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("surrealsql: tls_ca_file: %s holds no certificate, expected some in PEM", k.CAFile)
		}
	}
	if k.CertFile != "" {
		pair, err := k.pair()
		if err != nil {
			return nil, err
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}

// pair is the client's certificate with its key.
func (k TLS) pair() (tls.Certificate, error) {
	cert, err := Read("tls_cert_file", k.CertFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := Read("tls_key_file", k.KeyFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		err = fmt.Errorf("surrealsql: tls_cert_file %s with tls_key_file %s: %w", k.CertFile, k.KeyFile, err)
	}
	return pair, err
}
