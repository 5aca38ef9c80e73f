/* Protocol buffers as HAProxy 2.6.12 reads them, and where ours is better. */
#include "converters/conv_test.h"

static const struct conv_case cases[] = {
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(11),hex",
      "09" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(11,int32)",
      "9" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.1,int32)",
      "150" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.1,uint64)",
      "150" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.1),hex",
      "9601" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.2,int32)",
      "-2" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.2,int64)",
      "-2" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.2,uint32)",
      "-2" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.2,uint64)",
      "-2" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.3),hex",
      "68656C6C6F" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.3,int32)",
      NULL },
    /* HAProxy finds nothing behind the text in field 3 of a message in a message. */
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.4,sfixed64)",
      "-5" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.4,fixed64)",
      "-5" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.4),hex",
      "FBFFFFFFFFFFFFFF" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.5,sfixed32)",
      "-7" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.5,fixed32)",
      "4294967289" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.5),hex",
      "F9FFFFFF" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.6,double)",
      "2" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.7,float)",
      "-1" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.8,sint32)",
      "-2" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.8,sint64)",
      "-2" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.8,bool)",
      "3" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.8,enum)",
      "3" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.100,bool)",
      "1" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(12),hex",
      "" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.21),hex",
      NULL },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(99)",
      NULL },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(0),hex",
      NULL },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(1.x),hex",
      "!invalid args in converter 'protobuf' : failed to parse '1.x' as type 'Protocol buffers field number' "
      "at position 1" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10..1),hex",
      "!invalid args in converter 'protobuf' : failed to parse '10..1'" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.4,int32)",
      NULL },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.1,fixed32)",
      NULL },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.1,foo)",
      "!invalid args in converter 'protobuf' : Wrong protocol buffer type 'foo'" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf()",
      "!invalid args in converter 'protobuf' : failed to parse ''" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(.)",
      "!invalid args in converter 'protobuf' : failed to parse '.' as type 'Protocol buffers field number' "
      "at position 1" },
    { "bin("
      "5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a0060158096200),protobuf(10.20.8,string)",
      "!invalid args in converter 'protobuf' : Wrong protocol buffer type 'string'" },
    { "bin("
      "000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff310000000000"
      "0006403d0000c0bf4003a0060158096200),ungrpc(11,int32)",
      "9" },
    { "bin("
      "000000003608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a00601000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ff"
      "ffff3100000000000006403d0000c0bf4003a0060158096200),ungrpc(11,int32)",
      "9" },
    { "bin("
      "000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff310000000000"
      "0006403d0000c0bf4003a00601580962),ungrpc(11,int32)",
      NULL },
    { "bin("
      "000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff310000000000"
      "0006403d0000c0bf4003a0060158096200),ungrpc(10.20.1,int32)",
      "150" },
    { "bin("
      "000000003608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a00601000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ff"
      "ffff3100000000000006403d0000c0bf4003a0060158096200),ungrpc(10.20.1,int32)",
      "150" },
    { "bin("
      "000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff310000000000"
      "0006403d0000c0bf4003a00601580962),ungrpc(10.20.1,int32)",
      NULL },
    { "bin("
      "000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff310000000000"
      "0006403d0000c0bf4003a0060158096200),ungrpc(10.20.3)",
      "hello" },
    { "bin("
      "000000003608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a00601000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ff"
      "ffff3100000000000006403d0000c0bf4003a0060158096200),ungrpc(10.20.3)",
      "hello" },
    { "bin("
      "000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff310000000000"
      "0006403d0000c0bf4003a00601580962),ungrpc(10.20.3)",
      NULL },
    { "bin("
      "000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff310000000000"
      "0006403d0000c0bf4003a0060158096200),ungrpc(1,int32)",
      NULL },
    { "bin("
      "000000003608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a00601000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ff"
      "ffff3100000000000006403d0000c0bf4003a0060158096200),ungrpc(1,int32)",
      "150" },
    { "bin("
      "000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff310000000000"
      "0006403d0000c0bf4003a00601580962),ungrpc(1,int32)",
      NULL },
    { "bin("
      "000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff310000000000"
      "0006403d0000c0bf4003a0060158096200),ungrpc(99,int32)",
      NULL },
    { "bin("
      "000000003608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff3100000000000006403d00"
      "00c0bf4003a00601000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ff"
      "ffff3100000000000006403d0000c0bf4003a0060158096200),ungrpc(99,int32)",
      NULL },
    { "bin("
      "000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff310000000000"
      "0006403d0000c0bf4003a00601580962),ungrpc(99,int32)",
      NULL },
    { "bin("
      "000000003f5239a2013608960110feffffffffffffffff011a0568656c6c6f21fbffffffffffffff2df9ffffff310000000000"
      "0006403d0000c0bf4003a0060158096200),ungrpc(10),protobuf(20.1,int32)",
      "150" },
    { "bin(08ffffffffffffffffff01),protobuf(1,int32)", "-1" },
    { "bin(08ffffffffffffffffffff01),protobuf(1,int32)", NULL },
    { "bin(08),protobuf(1,int32)", NULL }, /* HAProxy: 0 */
    { "bin(0a05616263),protobuf(1)", NULL },
    { "bin(0d0102),protobuf(1,fixed32)", NULL },
    { "bin(0b0c),protobuf(1)", NULL },
    { "bin(0801080210030804),protobuf(1,int32)", "1" },
    { "bin(09fbffffffffffffff),protobuf(1,sfixed64)", "-5" },
    { "bin(09fbffffffffffffff),protobuf(1,fixed64)", "-5" },
    { "bin(09fbffffffffffffff),protobuf(1),hex", "FBFFFFFFFFFFFFFF" },
    { "bin(090000000000000640),protobuf(1,double)", "2" },
    { "bin(0900000000000006c0),protobuf(1,double)", "-2" },
    { "bin(0d0000c0bf),protobuf(1,float)", "-1" }, /* HAProxy: as unsigned */
    { "bin(0dcdccfc40),protobuf(1,float)", "7" },
    { "bin(0df9ffffff),protobuf(1,fixed32)", "4294967289" },
    { "bin(0df9ffffff),protobuf(1,sfixed32)", "-7" },
    { "bin(0df9ffffff),protobuf(1),hex", "F9FFFFFF" },
    { "bin(0803),protobuf(1,sint32)", "-2" },
    { "bin(08ffffffff0f),protobuf(1,sint32)", "-2147483648" },
    { "bin(0803),protobuf(1,sint64)", "-2" },
    { "bin(08ffffffff0f),protobuf(1,sint64)", "-2147483648" },
    { "bin(0803),protobuf(1,bool)", "3" },
    { "bin(08ffffffff0f),protobuf(1,bool)", "4294967295" },
    { "bin(0803),protobuf(1,enum)", "3" },
    { "bin(08ffffffff0f),protobuf(1,enum)", "4294967295" },
    { "bin(0803),protobuf(1,int32)", "3" },
    { "bin(08ffffffff0f),protobuf(1,int32)", "4294967295" },
    { "bin(0803),protobuf(1,uint32)", "3" },
    { "bin(08ffffffff0f),protobuf(1,uint32)", "4294967295" },
    { "bin(09fbffffffffffffff1007),protobuf(2,int32)", "7" },
    { "bin(0dfbffffff1007),protobuf(2,int32)", "7" },
    { "bin(0a036162631007),protobuf(2,int32)", "7" },
    { "bin(0a0361626311fbffffffffffffff),protobuf(2,sfixed64)", "-5" },
    { "bin(0896011007),protobuf(2,int32)", "7" },
    { "bin(08960112020805),protobuf(2.1,int32)", "5" },
    { "bin(089601120208051806),protobuf(3,int32)", "6" },
    { "bin(0b1007),protobuf(2,int32)", NULL },
    { "bin(0a0161),protobuf(1,int32)", NULL },
};

static void as_observed(void)
{
    conv_test_run(cases, COUNT_OF(cases), NULL);
}

const struct test_row tests[] = {
    { "fields of messages and frames", as_observed },
    { 0 },
};
