/* What a script's filter does to the bytes of a connection and of two messages, against a model: the script keeps strings
 * of what must be under rules and of what must have gone out, and compares after each call. A byte picks the buffers'
 * size, one how many bytes of the input steer the peers, the rest are the calls. Held to: the model; what the other side
 * receives is what the model let out; messages end where their heads say. */
#include "base/units.h"
#include "fuzz.h"
#include "proxy_world.h"
#include "slow_h1.h"
#include <stdio.h>

enum { INPUT_MAX = 768, WIRE_SIZE = 1500 };

static const char script[] =
    "local at = 0\n"
    "local function byte() at = at + 1 return INPUT:byte(at) or 0 end\n"
    "local function differ(what) TROUBLE = TROUBLE or what .. ' at ' .. at end\n"
    "local F = {} F.__index = F F.id = 'f' F.flags = filter.FLT_CFG_FL_HTX\n"
    "local function side() return { left = '', seen = 0, out = '' } end\n"
    "function F:new()\n"
    "  STORY = { [false] = side(), [true] = side() }\n"
    "  return setmetatable({ sides = STORY }, F)\n"
    "end\n"
    "function F:start_analyze(txn, chn) filter.register_data_filter(self, chn) end\n"
    "function F:http_headers(txn, msg)\n"
    "  if byte() % 8 == 1 then msg:del_header('content-length') else msg:set_body_len('chunked') end\n"
    "end\n"
    /* What is there now begins with what was kept, less what a call took; the rest has come meanwhile. */
    "local function look(s, obj, taken, response)\n"
    "  local now = obj.body and obj:body() or obj.data and obj:data() or ''\n"
    "  local all = taken .. now\n"
    "  if all:sub(1, #s.left) ~= s.left then differ('kept') end\n"
    "  local new = all:sub(#s.left + 1)\n"
    "  if new ~= WIRE:sub(s.seen + 1, s.seen + #new) then differ('came') end\n"
    "  s.seen = s.seen + #new\n"
    "  s.left = now\n"
    "  if obj:input() ~= #now then differ('input ' .. obj:input() .. ' ' .. #now) end\n"
    "end\n"
    "local function place(s)\n"
    "  local offset = byte() - 64\n"
    "  if offset > #s.left then offset = #s.left end\n"
    "  local from = offset < 0 and math.max(0, #s.left + offset) or offset\n"
    "  local length, pick = nil, byte()\n"
    "  if pick < 200 then length = pick end\n"
    "  return offset, length, from, math.min(length or #s.left, #s.left - from)\n"
    "end\n"
    "local function text() local pick = byte() return string.rep(string.char(65 + pick % 26), pick) end\n"
    "local function put(s, from, length, new, result)\n"
    "  if result == #new then s.left = s.left:sub(1, from) .. new .. s.left:sub(from + length + 1)\n"
    "  elseif result == -1 then s.left = s.left:sub(1, from) .. s.left:sub(from + length + 1)\n"
    "  else differ('put') end\n"
    "end\n"
    "local ops = {\n"
    "  function(s, obj) local t = text() put(s, #s.left, 0, t, obj:append(t)) end,\n"
    "  function(s, obj) local t = text() put(s, 0, 0, t, obj:prepend(t)) end,\n"
    "  function(s, obj) local t, offset, _, from = text(), place(s) put(s, from, 0, t, obj:insert(t, "
    "offset)) "
    "end,\n"
    "  function(s, obj)\n"
    "    local offset, length, from, size = place(s)\n"
    "    if obj:remove(offset, length) ~= size then differ('remove') end\n"
    "    s.left = s.left:sub(1, from) .. s.left:sub(from + size + 1)\n"
    "  end,\n"
    "  function(s, obj)\n"
    "    local t, offset, length, from, size = text(), place(s)\n"
    "    put(s, from, size, t, obj:set(t, offset, length))\n"
    "  end,\n"
    "  function(s, obj)\n"
    "    local size = byte()\n"
    "    local now = math.min(size, #s.left)\n"
    "    if obj:forward(size) ~= now then differ('forward') end\n"
    "    s.out, s.left = s.out .. s.left:sub(1, now), s.left:sub(now + 1)\n"
    "  end,\n"
    "  function(s, obj, taken)\n"
    "    local t = text()\n"
    "    local sent = obj:send(t)\n"
    "    if sent ~= #t and (sent < 0 or sent > #t or obj:input() < SIZE / 2) then differ('send') end\n"
    "    s.out = s.out .. t:sub(1, sent)\n"
    "  end,\n"
    "  function(s, obj)\n"
    "    local offset, length, from, size = place(s)\n"
    "    local got = (obj.body or obj.data)(obj, offset, length) or ''\n"
    "    if got ~= s.left:sub(from + 1, from + size) then differ('data') end\n"
    "  end,\n"
    "  function(s, obj)\n"
    "    local well = pcall(obj.insert, obj, 'x', #s.left + 1 + byte())\n"
    "    if well or pcall(obj.remove, obj, 0, -2) or pcall(obj.forward, obj, -1) then differ('range') end\n"
    "  end,\n"
    "  function(s, obj)\n"
    "    if not obj.line then return end\n"
    "    local offset, length, from, size = place(s)\n"
    "    local part = s.left:sub(from + 1, from + size)\n"
    "    if (obj:line(offset, length) or '') ~= (part:match('^[^\\n]*\\n') or part) then differ('line') end\n"
    "  end,\n"
    "  function(s, obj) if obj.getline then return obj:getline() or '' end end,\n"
    "  function(s, obj) if obj.get then return obj:get() end end,\n"
    "  function(s, obj) if obj.set_eom and byte() % 4 == 1 then obj:set_eom() end end,\n"
    "}\n"
    "local function play(self, obj, response)\n"
    "  local s = self.sides[response]\n"
    "  look(s, obj, '', response)\n"
    "  for _ = 1, byte() % 8 do\n"
    "    if at > #INPUT then break end\n"
    "    look(s, obj, ops[byte() % #ops + 1](s, obj) or '', response)\n"
    "  end\n"
    "  if at <= #INPUT and byte() % 4 == 1 then filter.wake_time(3) return filter.WAIT end\n"
    "  s.out, s.left = s.out .. s.left, ''\n"
    "  return filter.CONTINUE\n"
    "end\n"
    "function F:http_payload(txn, msg) return play(self, msg, msg.channel:is_resp()) end\n"
    "function F:tcp_payload(txn, chn) return play(self, chn, chn:is_resp()) end\n"
    "core.register_filter('f', F, function(f) return f end)\n"
    "core.register_service('story', 'http', function(applet)\n"
    "  local out = applet.path == '/0' and STORY[false].out or applet.path == '/1' and STORY[true].out\n"
    "  local text = out or TROUBLE or 'none'\n"
    "  applet:set_status(200) applet:add_header('content-length', #text) applet:start_response()\n"
    "  applet:send(text)\n"
    "end)\n";

static const char conf[] =
    "global\n lua-load /fuzz/script.lua\n tune.lua.forced-yield 0\n tune.bufsize %u\n tune.maxrewrite "
    "256\n"
    "defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 1s\n"
    "frontend fe\n bind fd@${fe}\n filter lua.f\n default_backend be\n"
    "backend be\n option http-server-close\n server s 127.0.0.1:%u\n"
    "frontend ft\n mode tcp\n bind fd@${ft}\n filter lua.f\n default_backend bt\n"
    "backend bt\n mode tcp\n server s 127.0.0.1:%u\n"
    "frontend fs\n bind fd@${fs}\n http-request use-service lua.story\n";

struct play {
    struct proxy_world pw;
    struct addr http, tcp, story;
    plat_sock listener, client, server;
    struct buf at_client, at_server;
    struct fuzz_input steps;
};

static char wire[WIRE_SIZE];

static void add_escaped(struct buf *text, const char *name, struct str bytes)
{
    buf_printf(text, "local %s = \"", name);
    for (size_t i = 0; i < bytes.size; i++)
        buf_printf(text, "\\x%02x", (unsigned char)bytes.data[i]);
    buf_add_c(text, "\"\n");
}

static void open_play(struct play *play, unsigned bufsize, struct str input)
{
    struct buf text = BUF_INIT;
    struct addr addr;
    for (size_t i = 0; i < sizeof(wire); i++)
        wire[i] = i % 37 == 11 ? '\n' : (char)('a' + i * 7 % 26);
    add_escaped(&text, "INPUT", input);
    add_escaped(&text, "WIRE", str_make(wire, sizeof(wire)));
    buf_printf(&text, "local SIZE = %u\n", bufsize);
    buf_add_c(&text, script);
    proxy_world_open(&play->pw, STR_NONE);
    play->listener = proxy_world_listen(&play->pw, &addr);
    proxy_world_inherit(&play->pw, "fe", &play->http);
    proxy_world_inherit(&play->pw, "ft", &play->tcp);
    proxy_world_inherit(&play->pw, "fs", &play->story);
    proxy_world_file(&play->pw, "/fuzz/script.lua", buf_str(&text));
    buf_reset(&text);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buf_printf(&text, conf, bufsize, addr.port, addr.port);
#pragma GCC diagnostic pop
    bool started = proxy_world_start(&play->pw, buf_str(&text), NULL);
    FUZZ_EXPECT(started);
    buf_finish(&text);
}

static void pass(struct play *play, uint64_t ns)
{
    enum io_status status;
    FUZZ_EXPECT(proxy_world_run(&play->pw, ns));
    if (play->server == PLAT_NO_SOCK)
        play->server = net_accept(play->pw.peers, play->listener, NULL, &status);
    if (play->server != PLAT_NO_SOCK)
        (void)proxy_world_read(&play->pw, play->server, &play->at_server);
    (void)proxy_world_read(&play->pw, play->client, &play->at_client);
}

/* In pieces, as the input says: a byte is how many bytes go at once. */
static void write_in_pieces(struct play *play, plat_sock sock, struct str bytes)
{
    while (bytes.size && sock != PLAT_NO_SOCK) {
        size_t size = play->steps.rest.size ? (size_t)fuzz_input_byte(&play->steps) + 1 : bytes.size;
        proxy_world_write(&play->pw, sock, str_slice(bytes, 0, size));
        bytes = str_from(bytes, size);
        pass(play, NS_PER_MS);
    }
}

static void begin(struct play *play, const struct addr *to)
{
    buf_reset(&play->at_client);
    buf_reset(&play->at_server);
    play->server = PLAT_NO_SOCK;
    play->client = proxy_world_connect(&play->pw, to);
    pass(play, NS_PER_MS);
}

static void finish(struct play *play)
{
    pass(play, NS_PER_S);
    net_close(play->pw.peers, play->client);
    if (play->server != PLAT_NO_SOCK)
        net_close(play->pw.peers, play->server);
    FUZZ_EXPECT(proxy_world_run(&play->pw, 100 * NS_PER_MS));
}

/* What the script says of the last stream: "": what it let out to the server, "1": to the client. */
static void ask_story(struct play *play, const char *path, struct buf *out)
{
    struct buf head = BUF_INIT;
    plat_sock sock = proxy_world_connect(&play->pw, &play->story);
    buf_printf(&head, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    proxy_world_write(&play->pw, sock, buf_str(&head));
    buf_reset(out);
    for (unsigned i = 0; i < 10; i++) {
        FUZZ_EXPECT(proxy_world_run(&play->pw, NS_PER_MS));
        (void)proxy_world_read(&play->pw, sock, out);
    }
    net_close(play->pw.peers, sock);
    size_t end = str_find(buf_str(out), STR("\r\n\r\n"));
    FUZZ_EXPECT(end != STR_NOT_FOUND);
    buf_remove(out, 0, end + 4);
    buf_finish(&head);
}

static void expect_story(struct play *play, struct str to_server, struct str to_client)
{
    struct buf text = BUF_INIT;
    ask_story(play, "", &text);
    if (!str_eq(buf_str(&text), STR("none")))
        fprintf(stderr, "the script says: %.*s\n", STR_ARG(buf_str(&text)));
    FUZZ_EXPECT(str_eq(buf_str(&text), STR("none")));
    ask_story(play, "0", &text);
    FUZZ_EXPECT(str_eq(buf_str(&text), to_server));
    ask_story(play, "1", &text);
    FUZZ_EXPECT(str_eq(buf_str(&text), to_client));
    buf_finish(&text);
}

static void play_tcp(struct play *play)
{
    struct str bytes = str_make(wire, WIRE_SIZE);
    begin(play, &play->tcp);
    write_in_pieces(play, play->client, bytes);
    FUZZ_EXPECT(play->server != PLAT_NO_SOCK);
    write_in_pieces(play, play->server, bytes);
    pass(play, NS_PER_S);
    (void)net_shutdown(play->pw.peers, play->client, PLAT_SHUT_WRITE);
    (void)net_shutdown(play->pw.peers, play->server, PLAT_SHUT_WRITE);
    finish(play);
    expect_story(play, buf_str(&play->at_server), buf_str(&play->at_client));
}

/* A whole message's body in chunks, behind its head. */
static struct str chunked_body(struct str bytes, char *body)
{
    size_t head = str_find(bytes, STR("\r\n\r\n")), size, used;
    FUZZ_EXPECT(head != STR_NOT_FOUND);
    bytes = str_from(bytes, head + 4);
    FUZZ_EXPECT(slow_h1_chunked(bytes, body, &size, &used) == SLOW_DONE);
    FUZZ_EXPECT(used == bytes.size);
    return str_make(body, size);
}

static void play_http(struct play *play)
{
    static char to_server[1 << 18], to_client[1 << 18];
    struct buf message = BUF_INIT;
    begin(play, &play->http);
    buf_printf(&message, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", WIRE_SIZE);
    buf_add(&message, str_make(wire, WIRE_SIZE));
    write_in_pieces(play, play->client, buf_str(&message));
    pass(play, NS_PER_S);
    FUZZ_EXPECT(play->server != PLAT_NO_SOCK);
    buf_reset(&message);
    buf_printf(&message, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", WIRE_SIZE);
    buf_add(&message, str_make(wire, WIRE_SIZE));
    write_in_pieces(play, play->server, buf_str(&message));
    finish(play);
    FUZZ_EXPECT(play->at_server.size < sizeof(to_server) && play->at_client.size < sizeof(to_client));
    expect_story(play, chunked_body(buf_str(&play->at_server), to_server),
                 chunked_body(buf_str(&play->at_client), to_client));
    buf_finish(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    struct play play = { .client = PLAT_NO_SOCK, .server = PLAT_NO_SOCK };
    uint8_t bits = fuzz_input_byte(&input), steps = fuzz_input_byte(&input);
    play.steps.rest = str_slice(input.rest, 0, steps);
    open_play(&play, bits & 1 ? 1024 : 16384, str_from(input.rest, steps));
    if (bits & 2)
        play_http(&play);
    else
        play_tcp(&play);
    sim_process_signal(play.pw.process, PLAT_SIGNAL_INT);
    FUZZ_EXPECT(proxy_world_run(&play.pw, NS_PER_S));
    FUZZ_EXPECT(sim_process_state(play.pw.process) == PROCESS_ENDED);
    buf_finish(&play.at_client);
    buf_finish(&play.at_server);
    proxy_world_close(&play.pw);
    return 0;
}
