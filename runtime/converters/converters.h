/* The tables of converters, one file a family. */
#ifndef CONVERTERS_CONVERTERS_H
#define CONVERTERS_CONVERTERS_H
#include "sample/sample.h"

extern const struct converter_row conv_addr_rows[], conv_capture_rows[], conv_bytes_rows[],
    conv_crypto_rows[], conv_date_rows[], conv_fix_rows[], conv_jwt_rows[], conv_mqtt_rows[],
    conv_protobuf_rows[], conv_proxy_rows[], conv_hash_rows[], conv_http_rows[], conv_json_rows[],
    conv_map_rows[], conv_math_rows[], conv_regsub_rows[], conv_table_rows[], conv_text_rows[],
    conv_var_rows[], conv_forwarded_rows[];

#endif
