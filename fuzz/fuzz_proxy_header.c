/* Headers of the PROXY protocol and the NetScaler's: a beginning is never judged otherwise than the whole, and TLVs lie
 * inside what was used. */
#include "fuzz.h"
#include "net/proxy_header.h"

enum { INPUT_MAX = 1024, TLVS_MAX = 4 };

static void walk_tlvs(const struct proxy_header *header, struct str bytes, size_t used)
{
    static const unsigned types[] = { PROXY_TLV_ALPN, PROXY_TLV_AUTHORITY, PROXY_TLV_CRC32C,
                                      PROXY_TLV_NOOP, PROXY_TLV_UNIQUE_ID, PROXY_TLV_SSL };
    if (!header->tlvs.size)
        return;
    FUZZ_EXPECT(header->tlvs.data >= bytes.data &&
                header->tlvs.data + header->tlvs.size <= bytes.data + used);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        struct str value;
        for (size_t at = 0; proxy_header_tlv(header->tlvs, types[i], &at, &value);)
            FUZZ_EXPECT(at <= header->tlvs.size &&
                        (!value.size || value.data + value.size <= header->tlvs.data + header->tlvs.size));
    }
}

/* Written as version 2 it is read as the same names. */
static void write_again(const struct proxy_header *header)
{
    struct proxy_tlv tlv = { PROXY_TLV_CRC32C, STR_NONE };
    struct buf out = BUF_INIT;
    struct proxy_header again;
    size_t used;
    if (proxy_header_write_2(&header->source, &header->destination, &tlv, 1, &out)) {
        FUZZ_EXPECT(proxy_header_read(PROXY_HEADER_PROXY, 0, buf_str(&out), &again, &used) ==
                    PROXY_HEADER_DONE);
        FUZZ_EXPECT(used == out.size && again.named);
        FUZZ_EXPECT(addr_eq(&again.source, &header->source) &&
                    addr_eq(&again.destination, &header->destination));
    }
    buf_finish(&out);
}

static void beginnings(enum proxy_header_kind kind, uint32_t magic, struct str bytes,
                       enum proxy_header_status status, size_t used)
{
    for (size_t size = 0; size < bytes.size; size++) {
        struct proxy_header header;
        char *copy = fuzz_exact_copy(str_slice(bytes, 0, size));
        size_t now;
        enum proxy_header_status early = proxy_header_read(kind, magic, str_make(copy, size), &header, &now);
        FUZZ_EXPECT(early == PROXY_HEADER_MORE || early == status);
        FUZZ_EXPECT(early != PROXY_HEADER_DONE || (now == used && size >= used));
        FUZZ_EXPECT(status != PROXY_HEADER_DONE || size < used || early == PROXY_HEADER_DONE);
        mem_free(copy);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    uint8_t bits = fuzz_input_byte(&input);
    enum proxy_header_kind kind = bits & 1 ? PROXY_HEADER_NETSCALER : PROXY_HEADER_PROXY;
    const uint32_t magic = 0x01020304;
    struct proxy_header header = { 0 };
    size_t used = 0;
    enum proxy_header_status status = proxy_header_read(kind, magic, input.rest, &header, &used);
    if (status == PROXY_HEADER_DONE) {
        FUZZ_EXPECT(used <= input.rest.size);
        walk_tlvs(&header, input.rest, used);
        if (header.named && header.source.family == header.destination.family && addr_is_ip(&header.source))
            write_again(&header);
    }
    beginnings(kind, magic, input.rest, status, used);
    return 0;
}
