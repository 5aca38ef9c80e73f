/* Heads: what is taken, what is refused and why, the same at every split and without memory. The answers
 * are those of HAProxy 2.6, seen on the wire, unless the case says what we refuse beyond it. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/test.h"
#include "http/h1_parse.h"
#include "http/h1_write.h"
#include <stdio.h>

enum { RESPONSE = 1, LENIENT = 2, TO_HEAD = 4, TO_CONNECT = 8 };

struct head_case {
    const char *says;
    unsigned flags;
    struct str bytes;
    enum h1_error error;
    const char *head;   /* what would be written, names and all */
    const char *frames; /* body, its length, what the connection does */
};

#define GET(fields)          STR_INIT("GET / HTTP/1.1\r\n" fields "\r\n")
#define OLD(fields)          STR_INIT("GET / HTTP/1.0\r\n" fields "\r\n")
#define POST(fields)         STR_INIT("POST / HTTP/1.1\r\n" fields "\r\n")
#define LINE(line)           STR_INIT(line "\r\nHost: h\r\n\r\n")
#define GOT(line, fields)    line " HTTP/1.1\r\n" fields "\r\n"
#define GOT_GET(fields)      GOT("GET /", fields)
#define GOT_POST(fields)     GOT("POST /", fields)
#define REFUSED(error)       error, NULL, NULL
#define TAKEN(head, frames)  H1_OK, head, frames
#define OK(fields)           STR_INIT("HTTP/1.1 200 OK\r\n" fields "\r\n")
#define GOT_OK(fields)       "HTTP/1.1 200 OK\r\n" fields "\r\n"
#define STATUS(line, fields) STR_INIT("HTTP/1.1 " line "\r\n" fields "\r\n")

static const struct head_case cases[] = {
    /* Lines and their ends. */
    { "a request", 0, GET("Host: h\r\nX: y\r\n"), TAKEN(GOT_GET("host: h\r\nx: y\r\n"), "none keep") },
    { "LF alone ends a line", 0, STR_INIT("GET / HTTP/1.1\nHost: h\nX: y\n\n"),
      TAKEN(GOT_GET("host: h\r\nx: y\r\n"), "none keep") },
    { "empty lines before", 0, STR_INIT("\r\n\n\r\nGET / HTTP/1.1\r\n\r\n"),
      TAKEN(GOT_GET(""), "none keep") },
    { "CR alone before", 0, STR_INIT("\rGET / HTTP/1.1\r\n\r\n"), REFUSED(H1_BAD_METHOD) },
    { "two CR before", 0, STR_INIT("\r\r\nGET / HTTP/1.1\r\n\r\n"), REFUSED(H1_BAD_METHOD) },
    { "blank before", 0, STR_INIT(" GET / HTTP/1.1\r\n\r\n"), REFUSED(H1_BAD_METHOD) },
    { "blanks and tabs between the words", 0, STR_INIT("GET  \t /a \t HTTP/1.1\r\n\r\n"),
      TAKEN(GOT("GET /a", ""), "none keep") },
    { "CR in a value", 0, GET("A: b\rc\r\n"), REFUSED(H1_BAD_LINE_END) },
    { "two CR behind a value", 0, GET("A: b\r\r\n"), REFUSED(H1_BAD_LINE_END) },
    { "CR in a value, leniently", LENIENT, GET("A: b\rc\r\n"), REFUSED(H1_BAD_LINE_END) },

    /* Methods. */
    { "lower case is another method", 0, STR_INIT("get / HTTP/1.1\r\n\r\n"),
      TAKEN(GOT("get /", ""), "none keep") },
    { "all token characters", 0, STR_INIT("a!#$%&'*+-.^_`|~b / HTTP/1.1\r\n\r\n"),
      TAKEN(GOT("a!#$%&'*+-.^_`|~b /", ""), "none keep") },
    { "TRACE", 0, STR_INIT("TRACE / HTTP/1.1\r\n\r\n"), TAKEN(GOT("TRACE /", ""), "none keep") },
    { "no token", 0, STR_INIT("F@O / HTTP/1.1\r\n\r\n"), REFUSED(H1_BAD_METHOD) },
    { "no token, leniently", LENIENT, STR_INIT("F@O / HTTP/1.1\r\n\r\n"), REFUSED(H1_BAD_METHOD) },
    { "byte above 127 in a method", 0, STR_INIT("F\x80 / HTTP/1.1\r\n\r\n"), REFUSED(H1_BAD_METHOD) },
    { "the preface of HTTP/2", 0, STR_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), REFUSED(H1_BAD_METHOD) },
    { "a TLS hello", 0, STR_INIT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n"),
      REFUSED(H1_BAD_METHOD) },
    { "a method alone", 0, STR_INIT("GET\r\n\r\n"), REFUSED(H1_BAD_METHOD) },

    /* Versions. */
    { "1.0", 0, LINE("GET / HTTP/1.0"), TAKEN("GET / HTTP/1.0\r\nhost: h\r\n\r\n", "none close") },
    { "1.2 is written as 1.1", 0, LINE("GET / HTTP/1.2"), TAKEN(GOT_GET("host: h\r\n"), "none keep") },
    { "a head of HTTP/2", 0, LINE("GET / HTTP/2.0"), REFUSED(H1_BAD_VERSION) },
    { "0.9 by name (HAProxy passes it on)", 0, LINE("GET / HTTP/0.9"), REFUSED(H1_BAD_VERSION) },
    { "lower case version", 0, LINE("GET / http/1.1"), REFUSED(H1_BAD_VERSION) },
    { "two digits", 0, LINE("GET / HTTP/1.10"), REFUSED(H1_BAD_VERSION) },
    { "two digits before the dot", 0, LINE("GET / HTTP/11.1"), REFUSED(H1_BAD_VERSION) },
    { "no dot", 0, LINE("GET / HTTP/1"), REFUSED(H1_BAD_VERSION) },
    { "no number", 0, LINE("GET / HTTP/1.a"), REFUSED(H1_BAD_VERSION) },
    { "another protocol", 0, LINE("GET / RTSP/1.0"), REFUSED(H1_BAD_VERSION) },
    { "blank behind the version", 0, LINE("GET / HTTP/1.1 "), REFUSED(H1_BAD_VERSION) },
    { "a fourth word", 0, LINE("GET / HTTP/1.1 x"), REFUSED(H1_BAD_VERSION) },
    { "HTTP/0.9", 0, STR_INIT("GET /\r\n\r\n"), REFUSED(H1_BAD_VERSION) },
    { "HTTP/0.9, leniently", LENIENT, STR_INIT("GET /\r\n"), TAKEN("GET / HTTP/1.0\r\n\r\n", "none close") },
    { "HTTP/0.9 but GET, leniently", LENIENT, STR_INIT("POST /\r\n\r\n"), REFUSED(H1_BAD_VERSION) },

    /* Targets. */
    { "no target", 0, STR_INIT("GET  HTTP/1.1\r\n\r\n"), REFUSED(H1_BAD_VERSION) },
    { "fragment", 0, LINE("GET /a#b HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "fragment, leniently", LENIENT, LINE("GET /a#b HTTP/1.1"),
      TAKEN(GOT("GET /a#b", "host: h\r\n"), "none keep") },
    { "control character", 0, LINE("GET /\x01 HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "control character, leniently", LENIENT, LINE("GET /\x01 HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "NUL", 0, LINE("GET /a\0b HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "DEL", 0, LINE("GET /\x7f HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "byte above 127", 0, LINE("GET /\x80 HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "byte above 127, leniently", LENIENT, LINE("GET /\x80 HTTP/1.1"),
      TAKEN(GOT("GET /\x80", "host: h\r\n"), "none keep") },
    { "what browsers should escape", 0, LINE("GET /\"<>\\^`{|}%zz% HTTP/1.1"),
      TAKEN(GOT("GET /\"<>\\^`{|}%zz%", "host: h\r\n"), "none keep") },
    { "blank inside", 0, LINE("GET /a b HTTP/1.1"), REFUSED(H1_BAD_VERSION) },
    { "no slash", 0, LINE("GET abc HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "no slash, leniently", LENIENT, LINE("GET abc HTTP/1.1"),
      TAKEN(GOT("GET abc", "host: h\r\n"), "none keep") },
    { "query alone", 0, LINE("GET ?x HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "two slashes", 0, LINE("GET //h/x HTTP/1.1"), TAKEN(GOT("GET //h/x", "host: h\r\n"), "none keep") },
    { "asterisk of OPTIONS", 0, LINE("OPTIONS * HTTP/1.1"),
      TAKEN(GOT("OPTIONS *", "host: h\r\n"), "none keep") },
    { "asterisk of a method that we do not know", 0, LINE("FOO * HTTP/1.1"),
      TAKEN(GOT("FOO *", "host: h\r\n"), "none keep") },
    { "asterisk of GET (2.6 takes it, 3.5 does not)", 0, LINE("GET * HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "more than an asterisk", 0, LINE("OPTIONS *a HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "authority-form of GET", 0, LINE("GET h:80 HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "absolute-form", 0, LINE("GET http://h/x HTTP/1.1"),
      TAKEN(GOT("GET http://h/x", "host: h\r\n"), "none keep") },
    { "absolute-form without path", 0, LINE("GET HTTP://H HTTP/1.1"),
      TAKEN(GOT("GET HTTP://H/", "host: h\r\n"), "none keep") },
    { "absolute-form without Host", 0, STR_INIT("GET http://h/ HTTP/1.1\r\n\r\n"),
      TAKEN(GOT("GET http://h/", ""), "none keep") },
    { "another host", 0, LINE("GET http://x/ HTTP/1.1"), REFUSED(H1_BAD_HOST) },
    { "another host, leniently", LENIENT, LINE("GET http://x/ HTTP/1.1"),
      TAKEN(GOT("GET http://x/", "host: h\r\n"), "none keep") },
    { "empty Host beside an authority", 0, STR_INIT("GET http://h/ HTTP/1.1\r\nHost:\r\n\r\n"),
      REFUSED(H1_BAD_HOST) },
    { "the usual port is dropped", 0, LINE("GET http://h:80/x?y HTTP/1.1"),
      TAKEN(GOT("GET http://h/x?y", "host: h\r\n"), "none keep") },
    { "an empty port is dropped", 0, LINE("GET http://h:/ HTTP/1.1"),
      TAKEN(GOT("GET http://h/", "host: h\r\n"), "none keep") },
    { "https' usual port", 0, LINE("GET https://h:443/ HTTP/1.1"),
      TAKEN(GOT("GET https://h/", "host: h\r\n"), "none keep") },
    { "the usual port in Host alone", 0, STR_INIT("GET http://h/ HTTP/1.1\r\nHost: h:80\r\n\r\n"),
      TAKEN(GOT("GET http://h/", "host: h:80\r\n"), "none keep") },
    { "the other scheme's port", 0, STR_INIT("GET https://h/ HTTP/1.1\r\nHost: h:80\r\n\r\n"),
      REFUSED(H1_BAD_HOST) },
    { "an unusual port in both", 0, STR_INIT("GET http://h:81/ HTTP/1.1\r\nHost: h:81\r\n\r\n"),
      TAKEN(GOT("GET http://h:81/", "host: h:81\r\n"), "none keep") },
    { "an unusual port in one", 0, LINE("GET http://h:81/ HTTP/1.1"), REFUSED(H1_BAD_HOST) },
    { "user and password", 0, LINE("GET http://u:p@h/ HTTP/1.1"),
      TAKEN(GOT("GET http://u:p@h/", "host: h\r\n"), "none keep") },
    { "two at signs (refused beyond HAProxy)", 0, LINE("GET http://u@h@h/ HTTP/1.1"),
      REFUSED(H1_BAD_TARGET) },
    { "no host against one in Host (refused beyond HAProxy)", 0, LINE("GET http:///x HTTP/1.1"),
      REFUSED(H1_BAD_HOST) },
    { "no host at all", 0, STR_INIT("GET http:///x HTTP/1.1\r\nHost:\r\n\r\n"),
      TAKEN(GOT("GET http:///x", "host: \r\n"), "none keep") },
    { "no host but a colon", 0, STR_INIT("GET http://:/x HTTP/1.1\r\nHost:\r\n\r\n"),
      TAKEN(GOT("GET http:///x", "host: \r\n"), "none keep") },
    { "a query right behind the host", 0, LINE("GET http://h?x HTTP/1.1"),
      TAKEN(GOT("GET http://h?x", "host: h\r\n"), "none keep") },
    { "brackets that do not pair", 0, LINE("GET http://[::1/ HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "another IPv6 address", 0, LINE("GET http://[::1]/ HTTP/1.1"), REFUSED(H1_BAD_HOST) },
    { "CONNECT", 0, STR_INIT("CONNECT h:81 HTTP/1.1\r\nHost: h:81\r\n\r\n"),
      TAKEN(GOT("CONNECT h:81", "host: h:81\r\n"), "none keep") },
    { "CONNECT drops Host's usual port", 0, STR_INIT("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"),
      TAKEN(GOT("CONNECT h:443", "host: h\r\n"), "none keep") },
    { "CONNECT to IPv6", 0, STR_INIT("CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]\r\n\r\n"),
      TAKEN(GOT("CONNECT [::1]:80", "host: [::1]\r\n"), "none keep") },
    { "CONNECT without Host", 0, STR_INIT("CONNECT h:80 HTTP/1.1\r\n\r\n"),
      TAKEN(GOT("CONNECT h:80", ""), "none keep") },
    { "CONNECT without port", 0, LINE("CONNECT h HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "CONNECT with an empty port", 0, LINE("CONNECT h: HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "CONNECT with a port that is none", 0, LINE("CONNECT h:abc HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "CONNECT with a port too large", 0, LINE("CONNECT h:65536 HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "CONNECT without host", 0, LINE("CONNECT :80 HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "CONNECT with a path", 0, LINE("CONNECT /x HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "CONNECT in absolute-form", 0, LINE("CONNECT http://h/ HTTP/1.1"), REFUSED(H1_BAD_TARGET) },
    { "CONNECT and another Host", 0, LINE("CONNECT x:80 HTTP/1.1"), REFUSED(H1_BAD_HOST) },
    { "CONNECT and Host without its port", 0, LINE("CONNECT h:81 HTTP/1.1"), REFUSED(H1_BAD_HOST) },

    /* Hosts. */
    { "none in 1.1", 0, GET(""), TAKEN(GOT_GET(""), "none keep") },
    { "empty", 0, GET("Host:\r\n"), TAKEN(GOT_GET("host: \r\n"), "none keep") },
    { "twice the same", 0, GET("Host: h\r\nHost: H\r\n"), TAKEN(GOT_GET("host: h\r\n"), "none keep") },
    { "two that differ", 0, GET("Host: h\r\nHost: x\r\n"), REFUSED(H1_BAD_HOST) },
    { "two that differ, leniently", LENIENT, GET("Host: h\r\nHost: x\r\n"), REFUSED(H1_BAD_HOST) },
    { "two that differ by a port", 0, GET("Host: h\r\nHost: h:80\r\n"), REFUSED(H1_BAD_HOST) },
    { "one of them empty", 0, GET("Host: h\r\nHost:\r\n"), REFUSED(H1_BAD_HOST) },
    { "a blank inside (2.6 takes it, 3.5 does not)", 0, GET("Host: h x\r\n"), REFUSED(H1_BAD_HOST) },
    { "a path inside", 0, GET("Host: h/x\r\n"), REFUSED(H1_BAD_HOST) },
    { "a user inside", 0, GET("Host: u@h\r\n"), REFUSED(H1_BAD_HOST) },
    { "a blank inside, leniently", LENIENT, GET("Host: h x\r\n"),
      TAKEN(GOT_GET("host: h x\r\n"), "none keep") },
    { "more than one by comma", 0, GET("Host: h,x\r\n"), TAKEN(GOT_GET("host: h,x\r\n"), "none keep") },

    /* Fields. */
    { "blank before the colon", 0, GET("A : b\r\n"), REFUSED(H1_BAD_NAME) },
    { "tab before the colon", 0, GET("A\t: b\r\n"), REFUSED(H1_BAD_NAME) },
    { "blank before the colon, leniently", LENIENT, GET("A : b\r\n"), REFUSED(H1_BAD_NAME) },
    { "no name", 0, GET(": b\r\n"), REFUSED(H1_BAD_NAME) },
    { "no name, leniently", LENIENT, GET(": b\r\n"), REFUSED(H1_BAD_NAME) },
    { "no colon", 0, GET("A\r\n"), REFUSED(H1_BAD_NAME) },
    { "no colon, leniently", LENIENT, GET("A\r\n"), REFUSED(H1_BAD_NAME) },
    { "blank in a name", 0, GET("A B: c\r\n"), REFUSED(H1_BAD_NAME) },
    { "separators in a name", 0, GET("A(: b\r\n"), REFUSED(H1_BAD_NAME) },
    { "separators in a name, leniently", LENIENT, GET("A(: b\r\n"),
      TAKEN(GOT_GET("a(: b\r\n"), "none keep") },
    { "byte above 127 in a name", 0, GET("A\x80: b\r\n"), REFUSED(H1_BAD_NAME) },
    { "NUL in a name", 0, GET("A\0: b\r\n"), REFUSED(H1_BAD_NAME) },
    { "NUL in a name, leniently", LENIENT, GET("A\0: b\r\n"), REFUSED(H1_BAD_NAME) },
    { "NUL in a value (2.6 takes it, 3.5 does not)", 0, GET("A: b\0c\r\n"), REFUSED(H1_BAD_VALUE) },
    { "other control characters in a value", 0, GET("A: b\x01\x7f\x0b\x0c\tc\r\n"),
      TAKEN(GOT_GET("a: b\x01\x7f\x0b\x0c\tc\r\n"), "none keep") },
    { "bytes above 127 in a value", 0, GET("A: \x80\xff\r\n"),
      TAKEN(GOT_GET("a: \x80\xff\r\n"), "none keep") },
    { "blanks around a value", 0, GET("A: \t b  c \t \r\n"), TAKEN(GOT_GET("a: b  c\r\n"), "none keep") },
    { "no blank, no value", 0, GET("A:b\r\nB:\r\nC: \r\n"),
      TAKEN(GOT_GET("a: b\r\nb: \r\nc: \r\n"), "none keep") },
    { "underscore", 0, GET("A_b: c\r\n"), TAKEN(GOT_GET("a_b: c\r\n"), "none keep") },
    { "a folded value", 0, GET("A: b\r\n c\r\nD: e\r\n"),
      TAKEN(GOT_GET("a: b   c\r\nd: e\r\n"), "none keep") },
    { "folded by LF and tab", 0, GET("A: b\n\tc\r\n"), TAKEN(GOT_GET("a: b \tc\r\n"), "none keep") },
    { "folded twice", 0, GET("A: b\r\n   c   \r\n   d\r\n"),
      TAKEN(GOT_GET("a: b     c        d\r\n"), "none keep") },
    { "folded from nothing", 0, GET("A:\r\n b\r\n"), TAKEN(GOT_GET("a: b\r\n"), "none keep") },
    { "folded to nothing", 0, GET("A: b\r\n \r\nC: d\r\n"), TAKEN(GOT_GET("a: b\r\nc: d\r\n"), "none keep") },
    { "folded before any field", 0, GET(" A: b\r\n"), REFUSED(H1_OBS_FOLD) },
    { "NUL in a fold", 0, GET("A: b\r\n c\0\r\n"), REFUSED(H1_BAD_VALUE) },
    { "a folded length", 0, POST("Content-Length:\r\n 3\r\n"),
      TAKEN(GOT_POST("content-length: 3\r\n"), "length 3 keep") },

    /* Lengths. */
    { "a length", 0, POST("Content-Length: 3\r\n"),
      TAKEN(GOT_POST("content-length: 3\r\n"), "length 3 keep") },
    { "of GET", 0, GET("Content-Length: 3\r\n"), TAKEN(GOT_GET("content-length: 3\r\n"), "length 3 keep") },
    { "zero", 0, POST("Content-Length: 0\r\n"), TAKEN(GOT_POST("content-length: 0\r\n"), "length 0 keep") },
    { "zeros before", 0, POST("Content-Length: 00000000000000000000000000000003\r\n"),
      TAKEN(GOT_POST("content-length: 00000000000000000000000000000003\r\n"), "length 3 keep") },
    { "2^63-1", 0, POST("Content-Length: 9223372036854775807\r\n"),
      TAKEN(GOT_POST("content-length: 9223372036854775807\r\n"), "length 9223372036854775807 keep") },
    { "2^63", 0, POST("Content-Length: 9223372036854775808\r\n"), REFUSED(H1_BAD_LENGTH) },
    { "2^64", 0, POST("Content-Length: 18446744073709551616\r\n"), REFUSED(H1_BAD_LENGTH) },
    { "2^64+3", 0, POST("Content-Length: 18446744073709551619\r\n"), REFUSED(H1_BAD_LENGTH) },
    { "plus", 0, POST("Content-Length: +3\r\n"), REFUSED(H1_BAD_LENGTH) },
    { "minus", 0, POST("Content-Length: -3\r\n"), REFUSED(H1_BAD_LENGTH) },
    { "nothing", 0, POST("Content-Length:\r\n"), REFUSED(H1_BAD_LENGTH) },
    { "hexadecimal", 0, POST("Content-Length: 0x3\r\n"), REFUSED(H1_BAD_LENGTH) },
    { "two numbers", 0, POST("Content-Length: 3 3\r\n"), REFUSED(H1_BAD_LENGTH) },
    { "a list of equals", 0, POST("Content-Length: 3, 3\r\n"),
      TAKEN(GOT_POST("content-length: 3\r\n"), "length 3 keep") },
    { "a list that differs", 0, POST("Content-Length: 3, 4\r\n"), REFUSED(H1_LENGTH_CONFLICT) },
    { "a list with a gap", 0, POST("Content-Length: 3,,3\r\n"), REFUSED(H1_BAD_LENGTH) },
    { "comma behind", 0, POST("Content-Length: 3,\r\n"), REFUSED(H1_BAD_LENGTH) },
    { "comma before", 0, POST("Content-Length: ,3\r\n"), REFUSED(H1_BAD_LENGTH) },
    { "two equal lengths", 0, POST("Content-Length: 3\r\nContent-Length: 03\r\n"),
      TAKEN(GOT_POST("content-length: 3\r\n"), "length 3 keep") },
    { "two lengths that differ", 0, POST("Content-Length: 3\r\nContent-Length: 4\r\n"),
      REFUSED(H1_LENGTH_CONFLICT) },
    { "two lengths that differ, leniently", LENIENT, POST("Content-Length: 3\r\nContent-Length: 4\r\n"),
      REFUSED(H1_LENGTH_CONFLICT) },
    { "zero, then three", 0, POST("Content-Length: 0\r\nContent-Length: 3\r\n"),
      REFUSED(H1_LENGTH_CONFLICT) },

    /* Codings. */
    { "chunked", 0, POST("Transfer-Encoding: chunked\r\n"),
      TAKEN(GOT_POST("transfer-encoding: chunked\r\n"), "chunked keep") },
    { "in capitals", 0, POST("Transfer-Encoding: CHUNKED\r\n"),
      TAKEN(GOT_POST("transfer-encoding: CHUNKED\r\n"), "chunked keep") },
    { "with a length: dropped, closed", 0, POST("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
      TAKEN(GOT_POST("transfer-encoding: chunked\r\n"), "chunked close") },
    { "with a length behind", 0, POST("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
      TAKEN(GOT_POST("transfer-encoding: chunked\r\n"), "chunked close") },
    { "with a bad length", 0, POST("Transfer-Encoding: chunked\r\nContent-Length: x\r\n"),
      REFUSED(H1_BAD_LENGTH) },
    { "of HTTP/1.0", 0, OLD("Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n"),
      TAKEN("GET / HTTP/1.0\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n",
            "chunked close") },
    { "gzip, chunked", 0, POST("Transfer-Encoding: gzip, chunked\r\n"), REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "chunked, gzip", 0, POST("Transfer-Encoding: chunked, gzip\r\n"), REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "chunked twice", 0, POST("Transfer-Encoding: chunked, chunked\r\n"),
      REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "chunked in two fields", 0, POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
      REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "gzip and chunked in two fields", 0, POST("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
      REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "chunked and an empty field (refused beyond HAProxy)", 0,
      POST("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n"), REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "comma behind chunked (2.6 takes it, 3.5 does not)", 0, POST("Transfer-Encoding: chunked,\r\n"),
      REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "comma before chunked", 0, POST("Transfer-Encoding: ,chunked\r\n"), REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "gzip", 0, POST("Transfer-Encoding: gzip\r\n"), REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "gzip and a length", 0, POST("Transfer-Encoding: gzip\r\nContent-Length: 3\r\n"),
      REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "identity", 0, POST("Transfer-Encoding: identity\r\n"), REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "an empty coding", 0, POST("Transfer-Encoding:\r\n"), REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "nearly chunked", 0, POST("Transfer-Encoding: xchunked\r\n"), REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "chunked with a parameter", 0, POST("Transfer-Encoding: chunked;a=b\r\n"),
      REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "chunked in quotes", 0, POST("Transfer-Encoding: \"chunked\"\r\n"), REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "chunked behind a vertical tab", 0,
      POST("Transfer-Encoding: \x0b"
           "chunked\r\n"),
      REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "a coding of CONNECT (refused beyond HAProxy)", 0,
      STR_INIT("CONNECT h:80 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
      REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "a length of CONNECT means nothing", 0, STR_INIT("CONNECT h:80 HTTP/1.1\r\nContent-Length: 3\r\n\r\n"),
      TAKEN(GOT("CONNECT h:80", ""), "none close") },

    /* The connection. */
    { "close", 0, GET("Connection: Close\r\n"), TAKEN(GOT_GET("connection: Close\r\n"), "none close") },
    { "close among others", 0, GET("Connection: x , close,y\r\n"),
      TAKEN(GOT_GET("connection: x , close,y\r\n"), "none close") },
    { "close wins", 0, GET("Connection: close\r\nConnection: keep-alive\r\n"),
      TAKEN(GOT_GET("connection: close\r\nconnection: keep-alive\r\n"), "none close") },
    { "nearly close", 0, GET("Connection: closed, \"close\"\r\n"),
      TAKEN(GOT_GET("connection: closed, \"close\"\r\n"), "none keep") },
    { "keep-alive of 1.0", 0, OLD("Connection: keep-alive\r\n"),
      TAKEN("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", "none keep") },
    { "Proxy-Connection means nothing", 0, OLD("Proxy-Connection: keep-alive\r\n"),
      TAKEN("GET / HTTP/1.0\r\nproxy-connection: keep-alive\r\n\r\n", "none close") },
    { "upgrade", 0, GET("Connection: Upgrade\r\nUpgrade: foo\r\n"),
      TAKEN(GOT_GET("connection: Upgrade\r\nupgrade: foo\r\n"), "none keep upgrade") },
    { "Upgrade without Connection", 0, GET("Upgrade: foo\r\n"),
      TAKEN(GOT_GET("upgrade: foo\r\n"), "none keep") },
    { "upgrade of 1.0", 0, OLD("Connection: upgrade\r\nUpgrade: foo\r\n"),
      TAKEN("GET / HTTP/1.0\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n", "none close") },
    { "upgrade with a body", 0, POST("Connection: upgrade\r\nUpgrade: foo\r\nContent-Length: 3\r\n"),
      TAKEN(GOT_POST("connection: upgrade\r\ncontent-length: 3\r\n"), "length 3 keep") },
    { "upgrade to HTTP/2", 0, GET("Connection: upgrade\r\nUpgrade: foo, h2c\r\n"),
      TAKEN(GOT_GET("connection: upgrade\r\n"), "none keep") },
    { "websocket", 0, GET("Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n"),
      TAKEN(GOT_GET("connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\n"),
            "none keep upgrade") },
    { "websocket without key", 0, GET("Connection: upgrade\r\nUpgrade: websocket\r\n"),
      REFUSED(H1_BAD_VALUE) },
    { "expect", 0, POST("Expect: 100-Continue\r\nContent-Length: 1\r\n"),
      TAKEN(GOT_POST("expect: 100-Continue\r\ncontent-length: 1\r\n"), "length 1 keep expect") },
    { "expect of 1.0", 0, OLD("Expect: 100-continue\r\n"),
      TAKEN("GET / HTTP/1.0\r\nexpect: 100-continue\r\n\r\n", "none close") },
    { "TE: trailers and more", 0, GET("TE: gzip, Trailers\r\n"),
      TAKEN(GOT_GET("te: trailers\r\n"), "none keep trailers") },
    { "TE without trailers", 0, GET("TE: gzip\r\n"), TAKEN(GOT_GET(""), "none keep") },

    /* Responses. */
    { "with a length", RESPONSE, OK("Content-Length: 2\r\n"),
      TAKEN(GOT_OK("content-length: 2\r\n"), "length 2 keep") },
    { "without: until close", RESPONSE, OK("X: y\r\n"), TAKEN(GOT_OK("x: y\r\n"), "until-close close") },
    { "chunked response", RESPONSE, OK("Transfer-Encoding: chunked\r\n"),
      TAKEN(GOT_OK("transfer-encoding: chunked\r\n"), "chunked keep") },
    { "chunked and a length", RESPONSE, OK("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"),
      TAKEN(GOT_OK("transfer-encoding: chunked\r\n"), "chunked close") },
    { "two lengths", RESPONSE, OK("Content-Length: 2\r\nContent-Length: 3\r\n"),
      REFUSED(H1_LENGTH_CONFLICT) },
    { "gzip, chunked response", RESPONSE, OK("Transfer-Encoding: gzip, chunked\r\n"),
      REFUSED(H1_BAD_TRANSFER_ENCODING) },
    { "no reason", RESPONSE, STATUS("200", "Content-Length: 0\r\n"),
      TAKEN("HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n", "length 0 keep") },
    { "many blanks", RESPONSE, STATUS("\t 200 \t O K ", "Content-Length: 0\r\n"),
      TAKEN("HTTP/1.1 200 O K \r\ncontent-length: 0\r\n\r\n", "length 0 keep") },
    { "bytes in a reason", RESPONSE, STATUS("200 \x01\x80", "Content-Length: 0\r\n"),
      TAKEN("HTTP/1.1 200 \x01\x80\r\ncontent-length: 0\r\n\r\n", "length 0 keep") },
    { "NUL in a reason", RESPONSE, STATUS("200 a\0b", ""), REFUSED(H1_BAD_VALUE) },
    { "CR in a reason", RESPONSE, STATUS("200 a\rb", ""), REFUSED(H1_BAD_LINE_END) },
    { "two digits of status", RESPONSE, STATUS("20 OK", ""), REFUSED(H1_BAD_STATUS) },
    { "four digits", RESPONSE, STATUS("2000 OK", ""), REFUSED(H1_BAD_STATUS) },
    { "below 100", RESPONSE, STATUS("099 OK", ""), REFUSED(H1_BAD_STATUS) },
    { "999", RESPONSE, STATUS("999 x", "Content-Length: 0\r\n"),
      TAKEN("HTTP/1.1 999 x\r\ncontent-length: 0\r\n\r\n", "length 0 keep") },
    { "letters in a status", RESPONSE, STATUS("2x0 OK", ""), REFUSED(H1_BAD_STATUS) },
    { "no blank behind the status", RESPONSE, STATUS("200OK", ""), REFUSED(H1_BAD_STATUS) },
    { "no status", RESPONSE, STR_INIT("HTTP/1.1\r\n\r\n"), REFUSED(H1_BAD_VERSION) },
    { "no HTTP", RESPONSE, STR_INIT("ICY 200 OK\r\n\r\n"), REFUSED(H1_BAD_VERSION) },
    { "text", RESPONSE, STR_INIT("hello, world"), REFUSED(H1_BAD_VERSION) },
    { "blank before the status line", RESPONSE, STR_INIT(" HTTP/1.1 200 OK\r\n\r\n"),
      REFUSED(H1_BAD_VERSION) },
    { "empty lines before the status line", RESPONSE, STR_INIT("\r\n\nHTTP/1.1 204 x\r\n\r\n"),
      TAKEN("HTTP/1.1 204 x\r\n\r\n", "none keep") },
    { "1.0 closes", RESPONSE, STR_INIT("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n"),
      TAKEN("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n", "length 2 close") },
    { "204 has no body and no length", RESPONSE,
      STATUS("204 x", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"),
      TAKEN("HTTP/1.1 204 x\r\n\r\n", "none keep") },
    { "304 keeps its length", RESPONSE, STATUS("304 x", "Content-Length: 2\r\n"),
      TAKEN("HTTP/1.1 304 x\r\ncontent-length: 2\r\n\r\n", "none keep") },
    { "304 without length", RESPONSE, STATUS("304 x", ""), TAKEN("HTTP/1.1 304 x\r\n\r\n", "none keep") },
    { "205 as any", RESPONSE, STATUS("205 x", "Content-Length: 2\r\n"),
      TAKEN("HTTP/1.1 205 x\r\ncontent-length: 2\r\n\r\n", "length 2 keep") },
    { "100", RESPONSE, STATUS("100 Continue", "Content-Length: 2\r\n"),
      TAKEN("HTTP/1.1 100 Continue\r\n\r\n", "none keep") },
    { "101", RESPONSE, STATUS("101 x", "Connection: upgrade\r\nUpgrade: foo\r\n"),
      TAKEN("HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n", "tunnel keep upgrade") },
    { "101 without Connection", RESPONSE, STATUS("101 x", "Upgrade: foo\r\n"), REFUSED(H1_BAD_STATUS) },
    { "to HEAD, a length", RESPONSE | TO_HEAD, OK("Content-Length: 2\r\n"),
      TAKEN(GOT_OK("content-length: 2\r\n"), "none keep") },
    { "to HEAD, chunked", RESPONSE | TO_HEAD, OK("Transfer-Encoding: chunked\r\n"),
      TAKEN(GOT_OK("transfer-encoding: chunked\r\n"), "none keep") },
    { "to HEAD, nothing", RESPONSE | TO_HEAD, OK(""), TAKEN(GOT_OK(""), "none keep") },
    { "to CONNECT", RESPONSE | TO_CONNECT, OK("Content-Length: 2\r\n"), TAKEN(GOT_OK(""), "tunnel keep") },
    { "to CONNECT, refused", RESPONSE | TO_CONNECT, STATUS("407 no", "Content-Length: 2\r\n"),
      TAKEN("HTTP/1.1 407 no\r\ncontent-length: 2\r\n\r\n", "length 2 keep") },
    { "a bad name", RESPONSE, OK("A : b\r\n"), REFUSED(H1_BAD_NAME) },
    { "a bad name, leniently", RESPONSE | LENIENT, OK("A(: b\r\nContent-Length: 0\r\n"),
      TAKEN(GOT_OK("a(: b\r\ncontent-length: 0\r\n"), "length 0 keep") },
    { "a folded field of a response", RESPONSE, OK("A: b\r\n c\r\nContent-Length: 0\r\n"),
      TAKEN(GOT_OK("a: b   c\r\ncontent-length: 0\r\n"), "length 0 keep") },
    { "Host means nothing in a response", RESPONSE, OK("Host: a\r\nHost: b c\r\nContent-Length: 0\r\n"),
      TAKEN(GOT_OK("host: a\r\nhost: b c\r\ncontent-length: 0\r\n"), "length 0 keep") },
};

static struct h1_options options_of(const struct head_case *row)
{
    return (struct h1_options){ .is_response = row->flags & RESPONSE,
                                .accept_invalid = row->flags & LENIENT,
                                .answers_head = row->flags & TO_HEAD,
                                .answers_connect = row->flags & TO_CONNECT };
}

static void describe_frames(const struct http_msg *msg, struct buf *out)
{
    static const char *const kinds[] = { "none", "length ", "chunked", "until-close", "tunnel" };
    buf_add_c(out, kinds[msg->body]);
    if (msg->body == HTTP_BODY_LENGTH)
        buf_add_uint(out, msg->body_length);
    else
        EXPECT_INT(msg->body_length, 0);
    buf_add_c(out, msg->keep_alive ? " keep" : " close");
    buf_add_c(out, msg->upgrade ? " upgrade" : "");
    buf_add_c(out, msg->expect_continue ? " expect" : "");
    buf_add_c(out, msg->has_trailers_te ? " trailers" : "");
}

static void expect_msg(const struct head_case *row, const struct http_msg *msg)
{
    struct buf frames = BUF_INIT;
    size_t size = h1_head_size(msg);
    char *head = mem_alloc(size);
    EXPECT_INT(h1_write_head(msg, head), size);
    EXPECT_STR(str_make(head, size), row->head);
    describe_frames(msg, &frames);
    EXPECT_STR(buf_str(&frames), row->frames);
    buf_finish(&frames);
    mem_free(head);
}

struct answer {
    enum h1_status status;
    enum h1_error error;
    size_t error_at, used;
};

/* Feeds the bytes in steps, each in a block of its own size, so that reading past the end is seen. */
static struct answer parse(const struct head_case *row, const size_t *ends, size_t end_count, bool expect)
{
    struct arena arena;
    struct http_msg msg;
    struct h1_parser parser;
    struct h1_options options = options_of(row);
    struct answer answer = { .status = H1_MORE };
    arena_init(&arena, 4096);
    http_msg_init(&msg, &arena, options.is_response);
    h1_parser_init(&parser, &options, &arena);
    for (size_t i = 0; i < end_count && answer.status == H1_MORE; i++) {
        char *copy = mem_alloc(ends[i]);
        if (ends[i])
            memcpy(copy, row->bytes.data, ends[i]);
        answer.status = h1_parse_head(&parser, str_make(copy, ends[i]), &msg, &answer.used);
        if (answer.status == H1_REJECT)
            EXPECT_INT(h1_parse_head(&parser, str_make(copy, ends[i]), &msg, &answer.used), H1_REJECT);
        mem_free(copy);
    }
    answer.error = parser.error;
    answer.error_at = parser.error_at;
    if (answer.status == H1_DONE && expect)
        expect_msg(row, &msg);
    arena_finish(&arena);
    return answer;
}

static void answers_are_right(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct head_case *row = &cases[i];
        test_case(row->says);
        struct answer answer = parse(row, &row->bytes.size, 1, true);
        EXPECT_INT(answer.status, row->error ? H1_REJECT : H1_DONE);
        EXPECT_INT(answer.error, row->error);
        EXPECT(h1_error_text(answer.error));
        EXPECT(answer.error_at <= row->bytes.size);
        if (!row->error)
            EXPECT_INT(answer.used, row->bytes.size);
    }
}

static void expect_same(struct answer got, struct answer want)
{
    EXPECT_INT(got.status, want.status);
    EXPECT_INT(got.error, want.error);
    EXPECT_INT(got.error_at, want.error_at);
    EXPECT_INT(got.used, want.used);
}

static void every_split_agrees(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct head_case *row = &cases[i];
        size_t size = row->bytes.size;
        struct answer whole = parse(row, &size, 1, false);
        test_case(row->says);
        for (size_t cut = 0; cut < size; cut++)
            expect_same(parse(row, (size_t[]){ cut, size }, 2, true), whole);
    }
}

static void byte_by_byte_agrees(void)
{
    size_t ends[1024];
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        ends[i] = i + 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct head_case *row = &cases[i];
        size_t size = row->bytes.size;
        test_case(row->says);
        expect_same(parse(row, ends, size, true), parse(row, &size, 1, false));
    }
}

/* No answer comes early, and a head without its end is never done. */
static void beginnings_are_not_done(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct head_case *row = &cases[i];
        test_case(row->says);
        for (size_t cut = 0; cut < row->bytes.size && !row->error; cut++)
            EXPECT_INT(parse(row, &cut, 1, false).status, H1_MORE);
    }
}

static void no_memory_is_an_answer(void)
{
    static const struct head_case row = {
        "no memory",
        0,
        GET("A: 1\r\nA: 2\r\nA: 3\r\nA: 4\r\nA: 5\r\nA: 6\r\nA: 7\r\nA: 8\r\nA: 9\r\n"
            "A: 1\r\nA: 2\r\nA: 3\r\nA: 4\r\nA: 5\r\nA: 6\r\nA: 7\r\nA: 8\r\nA: 9\r\n"),
        H1_OK,
        NULL,
        NULL
    };
    uint64_t n = 0;
    enum h1_status status = H1_REJECT;
    int64_t blocks = test_blocks();
    for (n = 1; status != H1_DONE && n < 100; n++) {
        struct arena arena;
        struct http_msg msg;
        struct h1_parser parser;
        size_t used = 0;
        struct h1_options options = { .is_response = false };
        arena_init(&arena, 64);
        http_msg_init(&msg, &arena, false);
        h1_parser_init(&parser, &options, &arena);
        test_fail_allocation(n);
        status = h1_parse_head(&parser, row.bytes, &msg, &used);
        test_fail_allocation(0);
        if (status != H1_DONE) {
            EXPECT_INT(status, H1_REJECT);
            EXPECT_INT(parser.error, H1_NO_MEMORY);
            EXPECT_INT(parser.error_status, 500);
        }
        arena_finish(&arena);
    }
    EXPECT_INT(status, H1_DONE);
    EXPECT(n > 3);
    EXPECT_INT(test_blocks(), blocks);
}

static struct answer parse_count(unsigned count, unsigned field_max)
{
    struct buf text = BUF_INIT;
    struct arena arena;
    struct http_msg msg;
    struct h1_parser parser;
    struct h1_options options = { .field_max = field_max };
    struct answer answer = { .status = H1_MORE };
    buf_add(&text, STR("GET / HTTP/1.1\r\n"));
    for (unsigned i = 0; i < count; i++)
        buf_printf(&text, "a%u: %u\r\n", i, i);
    buf_add(&text, STR("\r\nbody"));
    arena_init(&arena, 4096);
    http_msg_init(&msg, &arena, false);
    h1_parser_init(&parser, &options, &arena);
    answer.status = h1_parse_head(&parser, buf_str(&text), &msg, &answer.used);
    answer.error = parser.error;
    if (answer.status == H1_DONE) {
        EXPECT_INT(msg.field_count, count);
        EXPECT_INT(answer.used, text.size - 4);
        for (unsigned i = 0; i < count; i++) {
            char number[16];
            snprintf(number, sizeof(number), "%u", i);
            EXPECT_STR(msg.fields[i].value, number);
        }
    }
    arena_finish(&arena);
    buf_finish(&text);
    return answer;
}

static void fields_are_counted(void)
{
    EXPECT_INT(parse_count(100, 101).status, H1_DONE);
    EXPECT_INT(parse_count(101, 101).error, H1_TOO_MANY_FIELDS);
    EXPECT_INT(parse_count(100, 0).status, H1_DONE);
    EXPECT_INT(parse_count(101, 0).error, H1_TOO_MANY_FIELDS);
    EXPECT_INT(parse_count(5000, 6000).status, H1_DONE);
}

static int status_for(const char *text, bool is_response)
{
    struct arena arena;
    struct http_msg msg;
    struct h1_parser parser;
    struct h1_options options = { .is_response = is_response };
    size_t used;
    arena_init(&arena, 4096);
    http_msg_init(&msg, &arena, is_response);
    h1_parser_init(&parser, &options, &arena);
    EXPECT_INT(h1_parse_head(&parser, str_of(text), &msg, &used), H1_REJECT);
    arena_finish(&arena);
    return parser.error_status;
}

static void the_client_is_told(void)
{
    EXPECT_INT(status_for("GET / HTTP/1.1 x\r\n\r\n", false), 400);
    EXPECT_INT(status_for("GET / HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n", false), 422);
    EXPECT_INT(
        status_for("GET / HTTP/1.1\r\ntransfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n", false),
        422);
    EXPECT_INT(status_for("GET / HTTP/1.1\r\ntransfer-encoding: chunked, gzip\r\n\r\n", false), 400);
    EXPECT_INT(status_for("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", true), 502);
    EXPECT_INT(status_for("HTTP/1.1 2 OK\r\n\r\n", true), 502);
}

/* What the caller's buffer does afterwards is nothing to the message. */
static void the_message_outlives_the_bytes(void)
{
    char bytes[] = "GET /path HTTP/1.1\r\nHoSt: Example\r\nX-Y: z\r\n\r\n";
    struct arena arena;
    struct http_msg msg;
    struct h1_parser parser;
    struct h1_options options = { .is_response = false };
    size_t used;
    arena_init(&arena, 4096);
    http_msg_init(&msg, &arena, false);
    h1_parser_init(&parser, &options, &arena);
    EXPECT_INT(h1_parse_head(&parser, str_of(bytes), &msg, &used), H1_DONE);
    memset(bytes, '#', sizeof(bytes));
    EXPECT_STR(msg.method, "GET");
    EXPECT_INT(msg.method_id, HTTP_GET);
    EXPECT_STR(msg.uri, "/path");
    EXPECT_STR(msg.version, "HTTP/1.1");
    EXPECT_STR(msg.fields[0].name, "host");
    EXPECT_INT(msg.fields[0].id, FIELD_HOST);
    EXPECT_STR(msg.fields[0].value, "Example");
    EXPECT_STR(http_msg_find(&msg, STR("x-y"), NULL)->value, "z");
    arena_finish(&arena);
}

const struct test_row tests[] = {
    { "heads are taken and refused as they should be", answers_are_right },
    { "the same answer at every split", every_split_agrees },
    { "the same answer byte by byte", byte_by_byte_agrees },
    { "a beginning is never done", beginnings_are_not_done },
    { "no memory is an answer", no_memory_is_an_answer },
    { "fields are counted", fields_are_counted },
    { "the client is told a status", the_client_is_told },
    { "the message outlives the bytes", the_message_outlives_the_bytes },
    { 0 },
};
