/* The scripts of net_conformance_test.c; the first ones are the rows that a simulation is most often wrong about. */
#ifndef SIM_NET_CONFORMANCE_ROWS_H
#define SIM_NET_CONFORMANCE_ROWS_H
static const struct script scripts[] = {
    /* ---- the end of a stream ---- */
    { "the peer's FIN",
      "tcp C S; shut S w = ok; mask C = IOR; once C = closed; mask C = IOR; write C 5 = 5; read S 5 = 5" },
    { "both sides sent FIN",
      "tcp C S; shut S w = ok; mask C = IOR; shut C w = ok; mask C = IORH; mask S = IORH; once C = closed; "
      "once S = closed; write C 1 = closed" },
    { "own FIN only", "tcp C S; shut C w = ok; pause; mask C = O; once C = would-block; write C 1 = closed; "
                      "write S 3 = 3; read C 3 = 3" },
    { "close with unread bytes is RST",
      "tcp C S; write C 5 = 5; mask S = IO; close S; mask C = IORHE; once C = reset; once C = closed; "
      "mask C = IORH" },
    { "close with unread bytes, fetched as the socket's error",
      "tcp C S; write C 5 = 5; mask S = IO; close S; mask C = IORHE; "
      "error C = reset; error C = ok; mask C = IORH; once C = closed; write C 1 = closed" },
    { "close with unread bytes, found by writing",
      "tcp C S; write C 5 = 5; mask S = IO; close S; mask C = IORHE; write C 1 = reset; "
      "write C 1 = closed; once C = closed" },
    { "reset while bytes are queued: they come first",
      "tcp C S; write S 1000 = 1000; unread C = 1000; linger S = ok; close S; "
      "mask C = IORHE; read C 1000 = 1000; once C = reset; once C = closed" },
    { "reset without bytes",
      "tcp C S; linger S = ok; close S; mask C = IORHE; error C = reset; mask C = IORH" },
    { "the first write after the peer's close succeeds",
      "tcp C S; close S; mask C = IOR; write C 5 = 5; mask C = IORHE; "
      "write C 5 = closed; mask C = IORH; write C 5 = closed; once C = closed" },
    { "the first write after the peer's close, then reading",
      "tcp C S; close S; mask C = IOR; write C 5 = 5; mask C = IORHE; "
      "once C = closed; mask C = IORHE; error C = closed; mask C = IORH; shut C w = closed" },
    { "bytes before FIN are read first",
      "tcp C S; write S 10 = 10; close S; mask C = IOR; once C 100 = 10; once C = closed" },
    { "bytes before FIN, and writing to who is gone",
      "tcp C S; write S 10 = 10; close S; unread C = 10; mask C = IOR; write C 1 = 1; "
      "mask C = IORHE; read C 10 = 10; once C = closed; error C = closed" },
    { "shutdown of both directions",
      "tcp C S; shut C both = ok; mask C = IORH; once C = closed; write C 1 = closed; mask S = IOR" },
    { "shutdown of both, then bytes come: they are refused",
      "tcp C S; shut C both = ok; mask S = IOR; write S 5 = 5; mask S = IORHE; "
      "error S = closed; error C = reset" },
    { "shutdown of both keeps what is there",
      "tcp C S; write S 5 = 5; unread C = 5; shut C both = ok; read C 5 = 5; once C = closed" },
    { "shutdown twice", "tcp C S; shut C w = ok; shut C w = ok; pause; shut C w = ok" },
    { "shutdown after both FINs",
      "tcp C S; shut S w = ok; mask C = IOR; shut C w = ok; mask C = IORH; pause; shut C w = closed; "
      "shut S both = closed" },
    { "shutdown after reset",
      "tcp C S; linger S = ok; close S; mask C = IORHE; shut C both = closed; error C = reset" },
    { "half-closed both ways, one after the other",
      "tcp C S; shut C w = ok; mask S = IOR; write S 7 = 7; shut S w = ok; read C 7 = 7; "
      "once C = closed; mask C = IORH; mask S = IORH" },
    { "the peer's name, and when there is none any more",
      "tcp C S; peer C = 127.0.0.1; peer S = 127.0.0.1; linger S = ok; close S; "
      "mask C = IORHE; peer C = closed" },
    { "the peer's name outlives its FIN", "tcp C S; close S; mask C = IOR; peer C = 127.0.0.1" },
    { "abort by the reader does not lose what it wrote before",
      "tcp C S; write C 3 = 3; unread S = 3; write S 4 = 4; unread C = 4; close S; "
      "mask C = IORHE; read C 4 = 4; once C = reset" },
    /* ---- connecting ---- */
    { "a closed port", "listen L = ok; close L; connect C L = would-block; mask C = IORHE; error C = "
                       "refused; error C = ok; mask C = IORH; "
                       "once C = closed" },
    { "a closed port, found by writing",
      "listen L = ok; close L; connect C L = would-block; mask C = IORHE; write C 1 = refused; "
      "write C 1 = closed" },
    { "a closed port, found by reading",
      "listen L = ok; close L; connect C L = would-block; mask C = IORHE; once C = refused; once C = closed; "
      "peer C = closed" },
    { "a fresh connection", "listen L = ok; mask L = -; connect C L = would-block; mask C = O; error C = ok; "
                            "mask L = I; accept S L = ok; "
                            "mask S = O; mask L = -; accept T L = would-block; once C = would-block" },
    { "a port by another address of the machine",
      "listen L = ok; connect C L 127.0.0.2 = would-block; mask C = IORHE; error C = refused" },
    { "bytes and FIN before accept",
      "listen L = ok; connect C L = would-block; mask C = O; write C 5 = 5; close C; pause; accept S L = ok; "
      "mask S = IOR; read S 5 = 5; once S = closed" },
    { "reset before accept",
      "listen L = ok; connect C L = would-block; mask C = O; write C 5 = 5; linger C = ok; close C; pause; "
      "accept S L = ok; mask S = IORHE; read S 5 = 5; once S = reset" },
    { "two take the place of a queue of one",
      "listen L tcp 1 = ok; connect A L = would-block; connect B L = would-block; mask A = O; mask B = O; "
      "connect C L = would-block; connect D L = would-block; connect E L = would-block; connect F L = "
      "would-block; pause; "
      "mask C = -; mask D = -; mask E = -; mask F = -" },
    { "a full queue: who waits comes in when there is room",
      "listen L tcp 1 = ok; connect A L = would-block; connect B L = would-block; "
      "mask A = O; mask B = O; connect C L = would-block; pause; mask C = -; accept S L = ok; mask C = O; "
      "accept T L = ok; accept U L = ok" },
    { "what is pending is reset when the listener closes",
      "listen L = ok; connect C L = would-block; mask C = O; close L; mask C = IORHE; "
      "error C = reset" },
    { "a pending connect is given up by shutdown",
      "listen L tcp 1 = ok; connect A L = would-block; connect B L = would-block; mask A = O; "
      "mask B = O; connect C L = would-block; pause; mask C = -; once C = would-block; write C 1 = "
      "would-block; shut C w = ok; "
      "mask C = IOHE; error C = reset; mask C = IOH" },
    { "a name that is taken", "listen L = ok; listen M L = in-use" },
    { "a name that is free again",
      "listen L = ok; close L; listen M L = ok; connect C M = would-block; mask C = O" },
    { "a name that is free again while its connections live",
      "listen L = ok; connect C L = would-block; accept S L = ok; close L; "
      "listen M L = ok; write C 2 = 2; read S 2 = 2" },
    { "IPv6", "listen L tcp6 = ok; connect C L = would-block; accept S L = ok; peer S = ::1; peer C = ::1; "
              "write C 9 = 9; read S 9 = 9" },
    { "IPv4 through a listener for both",
      "listen L any = ok; connect C L 127.0.0.1 = would-block; accept S L = ok; peer C = 127.0.0.1; "
      "peer S = ::ffff:127.0.0.1" },
    { "the unspecified address is this machine",
      "listen L = ok; connect C L 0.0.0.0 = would-block; mask C = O; peer C = 127.0.0.1" },
    { "accept by hand and no more", "listen L = ok; accept S L = would-block; connect C L = would-block; "
                                    "accept S L = ok; accept T L = would-block" },
    /* ---- flow ---- */
    { "a writer without a reader", "tcp C S; fill C = would-block; mask C = -; read S 1000 = 1000; pause; "
                                   "mask C = -; write C 1 = would-block; "
                                   "read S 3000000 = 3000000; mask C = O" },
    { "a full writer's bytes all come, then FIN",
      "tcp C S; fill C = would-block; shut C w = ok; read S 3000000 = 3000000; pause; mask C = O" },
    { "many bytes", "tcp C S; write C 200000 = 200000; read S 200000 = 200000; mask S = O; mask C = O" },
    { "many single bytes", "tcp C S; write C 1 = 1; write C 1 = 1; write C 1 = 1; unread S = 3; once S 10 = "
                           "3; once S = would-block" },
    { "a small send buffer",
      "tcp C S; buffer C 4096 = ok; fill C = would-block; mask C = -; read S 60000 = 60000; mask C = O" },
    { "reset drops what is not sent",
      "tcp C S; fill C = would-block; linger C = ok; close C; mask S = IORHE; error S = reset" },
    { "close of a full writer with its reader's close",
      "tcp C S; fill C = would-block; close S; mask C = IORHE; write C 1 = reset" },
    /* ---- edges ---- */
    { "each arrival is an edge, though the last was not read",
      "tcp C S; quiet S = -; write C 1 = 1; edge S = IO; quiet S = -; write C 1 = 1; "
      "edge S = IO; quiet S = -" },
    { "reading is no edge for the reader",
      "tcp C S; write C 10 = 10; unread S = 10; quiet S = -; read S 5 = 5; quiet S = -" },
    { "FIN is an edge", "tcp C S; quiet S = -; shut C w = ok; edge S = IOR; quiet S = -" },
    { "RST is an edge", "tcp C S; quiet S = -; linger C = ok; close C; edge S = IORHE; quiet S = -" },
    { "room is an edge once the writer found none",
      "tcp C S; fill C = would-block; quiet C = -; read S 3000000 = 3000000; edge C = O" },
    { "the end of connecting is an edge",
      "listen L = ok; connect C L = would-block; edge C = O; quiet C = -" },
    { "a refusal is an edge",
      "listen L = ok; close L; connect C L = would-block; edge C = IORHE; quiet C = -" },
    { "a listener is told of as long as somebody waits",
      "listen L = ok; connect C L = would-block; mask L = I; edge L = I; edge L = I; "
      "accept S L = ok; quiet L = -" },
    /* ---- Unix streams ---- */
    { "unix: connect at once", "listen L unix = ok; mask L = -; connect C L = ok; mask C = O; mask L = I; "
                               "accept S L = ok; mask S = O; write C 5 = 5; "
                               "read S 5 = 5" },
    { "unix: before accept", "listen L unix = ok; connect C L = ok; write C 5 = 5; close C; accept S L = ok; "
                             "mask S = IORH; read S 5 = 5; "
                             "once S = closed" },
    { "unix: nobody there any more", "listen L unix = ok; close L; connect C L = refused" },
    { "unix: never was there", "listen L unix = ok; listen M L = ok; close L; connect C M = ok" },
    { "unix: a full queue is told at once",
      "listen L unix 1 = ok; connect A L = ok; connect B L = ok; connect C L = no-ports; accept S L = ok; "
      "connect C L = ok" },
    { "unix: close", "unix C S; close S; mask C = IORH; once C = closed; write C 1 = closed; error C = ok" },
    { "unix: close with unread bytes",
      "unix C S; write C 5 = 5; close S; mask C = IORHE; once C = reset; once C = closed; mask C = IORH" },
    { "unix: close with unread bytes, writing does not fetch it",
      "unix C S; write C 5 = 5; close S; write C 1 = closed; mask C = IORHE; "
      "error C = reset" },
    { "unix: bytes before the close",
      "unix C S; write S 5 = 5; close S; mask C = IORH; read C 5 = 5; once C = closed" },
    { "unix: half-close", "unix C S; shut S w = ok; mask C = IOR; once C = closed; write C 3 = 3; read S 3 = "
                          "3; write S 1 = closed; mask S = O" },
    { "unix: both half-closes",
      "unix C S; shut S w = ok; shut C w = ok; mask C = IORH; mask S = IORH; shut C both = ok" },
    { "unix: shutdown of both",
      "unix C S; shut C both = ok; mask C = IORH; mask S = IORH; write S 1 = closed; once S = closed" },
    { "unix: the listener closes",
      "listen L unix = ok; connect C L = ok; close L; mask C = IORHE; once C = reset" },
    { "unix: 278 single bytes fill it",
      "pair C S; fill C 1 = would-block; mask C = -; unread S = 278; read S 208 = 208; mask C = -; "
      "read S 1 = 1; mask C = O" },
    { "unix: filled in large pieces",
      "unix C S; fill C = would-block; mask C = -; read S 100 = 100; pause; mask C = -" },
    { "unix: reading gives the writer an edge",
      "pair C S; write C 5 = 5; quiet C = -; read S 5 = 5; edge C = O" },
    { "unix: arrival is an edge",
      "pair C S; quiet S = -; write C 5 = 5; edge S = IO; write C 5 = 5; edge S = IO" },
    { "unix: own shutdown", "pair C S; quiet S = -; shut C w = ok; edge S = IOR" },
    { "abstract: connect and gone",
      "listen L abstract = ok; connect C L = ok; accept S L = ok; write C 2 = 2; read S 2 = 2; close L; "
      "connect D L = refused" },
    { "abstract: a name that is taken",
      "listen L abstract = ok; listen M L = in-use; close L; listen M L = ok" },
    /* ---- sockets over sockets ---- */
    { "a passed socket is the same socket",
      "pair V W; tcp C S; pass V C = ok; take D W = sock; close C; write D 5 = 5; read S 5 = 5; close D; "
      "mask S = IOR" },
    { "a socket on its way is alive", "pair V W; tcp C S; pass V C = ok; close C; pause; mask S = O; take D "
                                      "W = sock; write S 3 = 3; read D 3 = 3" },
    { "a socket that nobody takes ends with its carrier",
      "pair V W; tcp C S; pass V C = ok; close C; close V; close W; mask S = IOR" },
    { "a passed listener", "pair V W; listen L = ok; pass V L = ok; take M W = sock; close L; connect C M = "
                           "would-block; accept S M = ok; "
                           "write C 1 = 1; read S 1 = 1" },
    { "nothing to take", "pair V W; take D W = would-block; close V; take D W = closed" },
    /* ---- datagrams ---- */
    { "udp: one by one", "udp U = ok; udp V = ok; mask V = O; sendto U V 5 = 5; sendto U V 7 = 7; mask V = "
                         "IO; unread V = 5; recv V = 5; recv V = 7; "
                         "recv V = would-block; mask V = O" },
    { "udp: cut to the room",
      "udp U = ok; udp V free = ok; sendto V U 100 = 100; recv U 10 = 10; recv U 10 = would-block" },
    { "udp: empty",
      "udp U = ok; udp V = ok; sendto U V 0 = 0; mask V = IO; recv V = 0; recv V = would-block" },
    { "udp: nobody there", "udp U = ok; udp V = ok; close V; sendto U V 5 = 5; pause; sendto U V 5 = 5; "
                           "pause; mask U = O; error U = ok; "
                           "recv U = would-block" },
    { "udp: too long",
      "udp U = ok; udp V = ok; sendto U V 65508 = too-big; sendto U V 65507 = 65507; recv V = 100" },
    { "udp: a name that is taken", "udp U = ok; udp V U = in-use" },
    { "udp: an arrival is an edge",
      "udp U = ok; udp V = ok; quiet V = -; sendto U V 1 = 1; edge V = IO; sendto U V 1 = 1; edge V = IO" },
    { "unix datagrams", "udp U unixgram = ok; udp V unixfree = ok; sendto V U 5 = 5; mask U = IO; recv U = "
                        "5; recv U = would-block" },
    { "unix datagrams: a full queue",
      "udp U unixgram = ok; udp V unixfree = ok; sendto V U 1 = 1; sendto V U 1 = 1; sendto V U 1 = 1; "
      "sendto V U 1 = 1; sendto V U 1 = 1; sendto V U 1 = 1; sendto V U 1 = 1; sendto V U 1 = 1; sendto V U "
      "1 = 1; sendto V U 1 = 1; "
      "sendto V U 1 = 1; sendto V U 1 = would-block; recv U = 1; sendto V U 1 = 1" },
    { "unix datagrams: nobody there",
      "udp U unixgram = ok; udp V unixfree = ok; close U; sendto V U 5 = refused" },
    { "unix datagrams: to a stream's listener",
      "listen L unix = ok; udp V unixfree = ok; sendto V L 5 = bad" },
    { "a stream to a datagram's name", "udp U unixgram = ok; connect C U = bad" },
};
#endif
