package sessionlog

import "strings"

// keyPrefixes are the prefixes of keys that their issuers document. They are a
// second defense after the allowlist, in case a service lists a key as the name of
// a model.
var keyPrefixes = []string{
	"sk-", "AIza", "ya29.", "GOCSPX-", "gsk_", "xai-", "pplx-", "hf_", "r8_", "nvapi-", "csk-", "fw_", "tgp_v1_", // models
	"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", // GitHub
	"glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "gloas-", "glsoat-", "glft-", "glimt-", "glagent-", // GitLab
	"ATATT", "ATCTT", "ATBB", // Atlassian, Bitbucket
	"AKIA", "ASIA", "dop_v1_", "doo_v1_", "dor_v1_", "vcp_", "vck_", "tskey-", "hvs.", "hvb.", "hvr.", // clouds
	"npm_", "pypi-", "rubygems_", "dckr_pat_", // packages
	"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xapp-", "SG.", "lin_api_", "ntn_", "figd_", "sntrys_", // services
	"sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", "shpat_", // payments
	"AGE-SECRET-KEY-", "eyJ", // age, JSON Web Tokens
}

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// keyLength is the minimum number of characters after the prefix of a key.
const keyLength = 16

// looksLikeKey reports whether a text contains a key: one of the prefixes at the
// beginning of a word and at least keyLength characters after it, or the header of
// a PEM block.
func looksLikeKey(text string, more []string) bool {
	if strings.Contains(text, "-----BEGIN ") {
		return true
	}
	for _, prefixes := range [][]string{keyPrefixes, more} {
		for _, prefix := range prefixes {
			if hasKey(text, prefix) {
				return true
			}
		}
	}
	return false
}

func hasKey(text, prefix string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], prefix)
		if at < 0 || prefix == "" {
			return false
		}
		first := from + at
		from = first + len(prefix)
		rest := strings.TrimLeft(text[from:], alphanumeric+"-_.")
		if len(text)-from-len(rest) >= keyLength && (first == 0 || strings.IndexByte(alphanumeric, text[first-1]) < 0) {
			return true
		}
	}
}
