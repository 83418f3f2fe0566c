package keyringtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// group5 is the prime of RFC 3526, section 2; the generator is 2.
const group5 = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05" +
	"98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB" +
	"9ED529077096966D670C354E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF"

// keyPair is the prompter's side of gcr's sx-aes-1, by which it sends the password that was typed: Diffie-Hellman, HKDF-SHA256
// with neither salt nor info, AES-128-CBC with PKCS #7 padding, written as a key file.
type keyPair struct {
	prime, private *big.Int
}

func newKeyPair() keyPair {
	prime, _ := new(big.Int).SetString(group5, 16)
	private := make([]byte, 32)
	rand.Read(private)
	return keyPair{prime, new(big.Int).SetBytes(private)}
}

// message returns a message with only the public key.
func (k keyPair) message() string {
	public := new(big.Int).Exp(big.NewInt(2), k.private, k.prime)
	return "[sx-aes-1]\npublic=" + base64.StdEncoding.EncodeToString(public.Bytes()) + "\n"
}

// seal returns a message that carries secret to the side whose message is theirs.
func seal(theirs, secret string) (string, error) {
	_, line, found := strings.Cut(theirs, "\npublic=")
	line, _, _ = strings.Cut(line, "\n")
	public, err := base64.StdEncoding.DecodeString(line)
	if !found || err != nil {
		return "", errors.New("no public key in the exchange")
	}
	// No rule says whether a shared secret with a leading zero byte is padded: choose a key that gives none.
	var ours keyPair
	var shared []byte
	for len(shared) != len(group5)/2 {
		ours = newKeyPair()
		shared = new(big.Int).Exp(new(big.Int).SetBytes(public), ours.private, ours.prime).Bytes()
	}
	key, err := hkdf.Key(sha256.New, shared, nil, "", aes.BlockSize)
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	iv := make([]byte, aes.BlockSize)
	rand.Read(iv)
	padding := aes.BlockSize - len(secret)%aes.BlockSize
	sealed := append([]byte(secret), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
	return fmt.Sprintf("%ssecret=%s\niv=%s\n", ours.message(),
		base64.StdEncoding.EncodeToString(sealed), base64.StdEncoding.EncodeToString(iv)), nil
}
