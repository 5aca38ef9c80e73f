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
    { "a stream to everybody", "listen L = ok; connect C L 255.255.255.255 = unreachable" },
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
                                   "mask C = -; fill C = would-block; mask C = -; "
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
    /* ---- more of the end of a stream ---- */
    { "bytes, then FIN: both are told of until they are read",
      "tcp C S; write S 4 = 4; shut S w = ok; unread C = 4; mask C = IOR; read C 2 = 2; mask C = IOR; read C "
      "2 = 2; once C = closed" },
    { "bytes after one's own FIN still come, then the peer's",
      "tcp C S; shut C w = ok; write S 4 = 4; mask C = IO; read C 4 = 4; mask C = O; close S; mask C = IORH; "
      "once C = closed" },
    { "an error is told once", "tcp C S; linger S = ok; close S; mask C = IORHE; once C = reset; error C = "
                               "ok; once C = closed; once C = closed" },
    { "a write after one's own FIN resets nothing",
      "tcp C S; shut C w = ok; write C 1 = closed; mask S = IOR; write S 2 = 2; read C 2 = 2" },
    { "reset by who has heard a FIN",
      "tcp C S; shut C w = ok; mask S = IOR; linger S = ok; close S; mask C = IORHE; error C = reset" },
    { "unread bytes are counted", "tcp C S; write C 100 = 100; unread S = 100; read S 40 = 40; unread S = "
                                  "60; read S 60 = 60; unread S = 0" },
    { "unread bytes stay when RST has come", "tcp C S; write S 10 = 10; unread C = 10; linger S = ok; close "
                                             "S; mask C = IORHE; unread C = 10; read C 10 = 10" },
    { "both ways at once",
      "tcp C S; write C 3 = 3; write S 5 = 5; read C 5 = 5; read S 3 = 3; mask C = O; mask S = O" },
    { "a close when all was read is FIN",
      "tcp C S; write C 5 = 5; read S 5 = 5; close S; mask C = IOR; once C = closed" },
    { "both reset", "tcp C S; linger C = ok; linger S = ok; close C; mask S = IORHE; close S" },
    { "the peer's FIN, then one's own close",
      "tcp C S; shut S w = ok; mask C = IOR; close C; mask S = IORH; once S = closed; write S 1 = closed" },
    { "bytes to who shut both and closed",
      "tcp C S; shut C both = ok; close C; mask S = IOR; write S 1 = 1; mask S = IORHE; write S 1 = closed" },
    { "a write to who is gone is an error once",
      "tcp C S; close S; mask C = IOR; write C 1 = 1; mask C = IORHE; error C = closed; error C = ok; write "
      "C 1 = closed" },
    { "shutdown of both, then close of the peer",
      "tcp C S; shut C both = ok; mask S = IOR; close S; mask C = IORH; once C = closed" },
    { "half-closed, then reset by who still reads",
      "tcp C S; shut S w = ok; mask C = IOR; linger C = ok; close C; mask S = IORHE; error S = reset; write "
      "S 1 = closed" },
    { "a close with half of the bytes read is RST",
      "tcp C S; write C 10 = 10; read S 5 = 5; close S; mask C = IORHE; once C = reset" },
    { "FIN behind many bytes",
      "tcp C S; write C 200000 = 200000; close C; read S 200000 = 200000; once S = closed; mask S = IOR" },
    /* ---- more of connecting ---- */
    { "accepted in the order of coming",
      "listen L = ok; connect A L = would-block; mask A = O; connect B L = would-block; mask B = O; write A "
      "1 = 1; write B 2 = 2; accept S L = ok; accept T L = ok; unread S = 1; unread T = 2" },
    { "no peer's name when its client was reset before accept",
      "listen L = ok; connect C L = would-block; mask C = O; linger C = ok; close C; pause; accept S L = ok; "
      "peer S = closed" },
    { "a listener is no connection",
      "listen L = ok; once L = closed; write L 1 = closed; peer L = closed; error L = ok" },
    { "a listener that was shut refuses",
      "listen L = ok; shut L both = ok; connect C L = would-block; mask C = IORHE; error C = refused" },
    { "nothing to accept from a listener that was shut",
      "listen L = ok; shut L both = ok; accept S L = bad" },
    { "who waits at a listener that is shut is reset",
      "listen L = ok; connect C L = would-block; mask C = O; shut L both = ok; mask C = IORHE; error C = "
      "reset" },
    { "IPv6: reset", "listen L tcp6 = ok; connect C L = would-block; accept S L = ok; linger S = ok; close "
                     "S; mask C = IORHE; error C = reset" },
    { "IPv6: a closed port",
      "listen L tcp6 = ok; close L; connect C L = would-block; mask C = IORHE; error C = refused" },
    { "IPv4 at a listener of IPv6's own address",
      "listen L tcp6 = ok; connect C L 127.0.0.1 = would-block; mask C = IORHE; error C = refused" },
    { "IPv6 through a listener for both",
      "listen L any = ok; connect C L ::1 = would-block; accept S L = ok; peer S = ::1; peer C = ::1" },
    { "a name for both that is taken", "listen L any = ok; listen M L = in-use" },
    { "a queue of three takes four",
      "listen L tcp 3 = ok; connect A L = would-block; mask A = O; connect B L = would-block; mask B = O; "
      "connect C L = would-block; mask C = O; connect D L = would-block; mask D = O; connect E L = "
      "would-block; "
      "pause; mask E = -" },
    { "a queue of two takes three",
      "listen L tcp 2 = ok; connect A L = would-block; mask A = O; connect B L = would-block; mask B = O; "
      "connect C L = would-block; mask C = O; connect D L = would-block; pause; mask D = -" },
    { "no error while it is connecting",
      "listen L tcp 1 = ok; connect A L = would-block; mask A = O; connect B L = would-block; mask B = O; "
      "connect C L = would-block; error C = ok; pause; error C = ok; mask C = -" },
    { "who gave up is not accepted",
      "listen L tcp 1 = ok; connect A L = would-block; mask A = O; connect B L = would-block; mask B = O; "
      "connect C L = would-block; close C; accept S L = ok; accept T L = ok; pause; accept U L = "
      "would-block" },
    { "a listener is told of until all are taken",
      "listen L = ok; connect A L = would-block; mask A = O; connect B L = would-block; mask B = O; mask L = "
      "I; accept S L = ok; mask L = I; accept T L = ok; mask L = -" },
    { "many connections at once",
      "listen L tcp 20 = ok; connect A L = would-block; connect B L = would-block; connect C L = "
      "would-block; connect D L = would-block; connect E L = would-block; connect F L = would-block; accept "
      "G L = ok; accept H L = ok; accept I L = ok; accept J L = ok; accept K L = ok; accept M L = ok; accept "
      "N L = would-block" },
    { "an accepted connection outlives its listener and its client's half",
      "listen L = ok; connect C L = would-block; accept S L = ok; close L; shut C w = ok; mask S = IOR; "
      "write S 9 = 9; read C 9 = 9" },
    { "a port that refuses, listens, refuses",
      "listen L = ok; close L; connect A L = would-block; mask A = IORHE; listen M L = ok; connect B M = "
      "would-block; mask B = O; accept S M = ok; close M; connect C L = would-block; mask C = IORHE; mask B "
      "= O" },
    /* ---- more of flow ---- */
    { "two writers without readers", "tcp C S; fill C = would-block; fill S = would-block; mask C = I; mask "
                                     "S = I; read S 3000000 = 3000000; mask C = IO" },
    { "a full writer whose reader half-closes",
      "tcp C S; fill C = would-block; shut S w = ok; mask C = IR; read S 3000000 = 3000000; mask C = IOR" },
    { "a reader of single bytes", "tcp C S; write C 5 = 5; once S 1 = 1; once S 1 = 1; once S 1 = 1; once S "
                                  "1 = 1; once S 1 = 1; once S 1 = would-block" },
    { "a full writer that is closed sends all",
      "tcp C S; fill C = would-block; close C; read S 3000000 = 3000000" },
    { "shutdown of reading and writing by a full writer",
      "tcp C S; fill C = would-block; shut C both = ok; mask C = IORH; read S 3000000 = 3000000; mask C = "
      "IORH" },
    /* ---- more edges ---- */
    { "two arrivals before one look",
      "tcp C S; quiet S = -; write C 1 = 1; write C 1 = 1; pause; edge S = IO; edge S = -" },
    { "bytes and FIN before one look",
      "tcp C S; quiet S = -; write C 1 = 1; shut C w = ok; pause; edge S = IOR" },
    { "bytes and RST before one look",
      "tcp C S; quiet S = -; write C 1 = 1; linger C = ok; close C; pause; edge S = IORHE" },
    { "a reader's progress is no edge for a writer that was not full",
      "tcp C S; write C 10 = 10; quiet C = -; read S 10 = 10; quiet C = -" },
    { "one's own shutdown is an edge", "tcp C S; quiet C = -; shut C w = ok; edge C = O" },
    { "one's own shutdown of both is an edge", "tcp C S; quiet C = -; shut C both = ok; edge C = IORH" },
    { "a new watch tells what is there",
      "tcp C S; write C 3 = 3; unread S = 3; mask S = IO; mask S = IO; read S 3 = 3; mask S = O" },
    { "the end of both directions is an edge",
      "tcp C S; shut C w = ok; quiet C = -; shut S w = ok; edge C = IORH" },
    /* ---- more Unix streams ---- */
    { "unix: single bytes read at once",
      "pair C S; write C 1 = 1; write C 1 = 1; write C 1 = 1; once S 10 = 3; once S = would-block" },
    { "unix: many bytes",
      "pair C S; write C 100000 = 100000; read S 100000 = 100000; once S = would-block; mask C = O" },
    { "unix: there is a peer, though it has no name", "unix C S; peer C = ok; peer S = ok" },
    { "unix: bytes on both sides, then a close", "pair C S; write C 5 = 5; write S 7 = 7; close S; mask C = "
                                                 "IORHE; read C 7 = 7; once C = reset; once C = closed" },
    { "unix: FIN, then the reader's close",
      "pair C S; shut C w = ok; close S; mask C = IORH; once C = closed" },
    { "unix: shutdown again and again",
      "pair C S; shut C w = ok; shut C w = ok; shut C both = ok; shut C both = ok; mask S = IORH" },
    { "unix: a listener that was shut refuses",
      "listen L unix = ok; shut L both = ok; connect C L = refused" },
    { "unix: unread bytes are counted", "pair C S; write C 9 = 9; unread S = 9; read S 4 = 4; unread S = 5" },
    { "unix: room is an edge once the writer found none",
      "pair C S; fill C 1 = would-block; quiet C = -; read S 278 = 278; edge C = O" },
    { "unix: the peer's close is an edge", "pair C S; quiet C = -; close S; edge C = IORH" },
    { "unix: bytes after one's own FIN still come",
      "pair C S; shut C w = ok; write S 4 = 4; mask C = IO; read C 4 = 4; once C = would-block" },
    { "unix: accepted in the order of coming",
      "listen L unix = ok; connect A L = ok; connect B L = ok; write A 1 = 1; write B 2 = 2; accept S L = "
      "ok; accept T L = ok; unread S = 1; unread T = 2" },
    { "unix: a listener is told of until all are taken",
      "listen L unix = ok; connect A L = ok; connect B L = ok; mask L = I; accept S L = ok; mask L = I; "
      "accept T L = ok; mask L = -" },
    { "abstract: close with unread bytes", "listen L abstract = ok; connect C L = ok; accept S L = ok; write "
                                           "C 3 = 3; close S; mask C = IORHE; once C = reset" },
    { "abstract: nobody there", "listen L abstract = ok; close L; connect C L = refused" },
    /* ---- more sockets over sockets ---- */
    { "two sockets on their way",
      "pair V W; tcp C S; tcp D T; pass V C = ok; pass V D = ok; take E W = sock; take F W = sock; write E 1 "
      "= 1; read S 1 = 1; write F 2 = 2; read T 2 = 2" },
    { "a Unix socket over a Unix socket",
      "pair V W; pair C D; pass V C = ok; take E W = sock; write E 3 = 3; read D 3 = 3" },
    { "a datagram socket over a Unix socket", "pair V W; udp U = ok; udp X = ok; pass V U = ok; take Y W = "
                                              "sock; close U; sendto X Y 5 = 5; recv Y = 5" },
    { "bytes before a socket", "pair V W; tcp C S; write V 3 = 3; pass V C = ok; unread W = 7; take D W; "
                               "once W = would-block; close C; "
                               "write D 2 = 2; read S 2 = 2" },
    { "a socket that is passed on", "pair V W; pair X Y; tcp C S; pass V C = ok; take D W = sock; pass X D = "
                                    "ok; close D; close C; take E Y = sock; write E 2 = 2; read S 2 = 2" },
    /* ---- more datagrams ---- */
    { "udp: to oneself", "udp U = ok; sendto U U 4 = 4; recv U = 4" },
    { "udp: two senders",
      "udp U = ok; udp V = ok; udp W free = ok; sendto V U 1 = 1; unread U = 1; sendto W U 2 = 2; "
      "recv U = 1; recv U = 2" },
    { "udp: a name that is free again",
      "udp U = ok; close U; udp V U = ok; udp W = ok; sendto W V 3 = 3; recv V = 3" },
    { "udp: beside a listener on the same port",
      "listen L = ok; udp U L = ok; udp V = ok; sendto V U 3 = 3; recv U = 3; mask L = -" },
    { "udp: reading is no edge",
      "udp U = ok; udp V = ok; sendto V U 1 = 1; edge U = IO; recv U = 1; quiet U = -" },
    { "unix datagrams: empty",
      "udp U unixgram = ok; udp V unixfree = ok; sendto V U 0 = 0; mask U = IO; recv U = 0; mask U = O" },
    { "unix datagrams: cut to the room", "udp U unixgram = ok; udp V unixfree = ok; sendto V U 100 = 100; "
                                         "recv U 10 = 10; recv U 10 = would-block" },
    { "unix datagrams: a name that is taken over", "udp U unixgram = ok; udp V U = ok; udp W unixfree = ok; "
                                                   "sendto W V 3 = 3; recv V = 3; recv U = would-block" },
    { "unix datagrams: an arrival is an edge",
      "udp U unixgram = ok; udp V unixfree = ok; quiet U = -; sendto V U 1 = 1; edge U = IO" },
};
#endif
