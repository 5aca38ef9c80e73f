#!/bin/bash -eu
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite want it: with CC, CXX, CFLAGS, CXXFLAGS and LIB_FUZZING_ENGINE
# from outside, into $OUT, each with its corpus, its dictionary and the libraries that it needs. Without them: clang's own
# engine with ASan and UBSan, into build-fuzz/out.
top=$(dirname "${BASH_SOURCE[0]}")/..
[ ! -d "${SRC:-}/lockstep" ] || top=$SRC/lockstep
cd "$top"
: "${CC:=clang}" "${CXX:=clang++}" "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}" "${WORK:=$PWD/build-fuzz}" "${OUT:=$WORK/out}"
export CC CXX
sanitizers=address,undefined
case "${CFLAGS:-} ${SANITIZER:-}" in *-fsanitize=* | *coverage*) sanitizers= ;; esac

cmake -S . -B "$WORK" -G Ninja -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DLOCKSTEP_FUZZ=ON -DLOCKSTEP_WERROR=OFF -DLOCKSTEP_FUZZ_SANITIZERS="$sanitizers" \
    -DLOCKSTEP_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" -DCMAKE_BUILD_RPATH='$ORIGIN/lib' >/dev/null
ninja -C "$WORK" --quiet
mkdir -p "$OUT/lib"
for source in fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    subject=${name#fuzz_}
    cp "$WORK/$name" "$OUT/"
    python3 -c 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])' \
        "$OUT/${name}_seed_corpus" "fuzz/corpus/$subject"
    words=fuzz/dict/$subject.dict
    case $subject in
    h1_*) words=fuzz/dict/http.dict ;;
    expression) words=fuzz/dict/config.dict ;;
    esac
    [ ! -f "$words" ] || cp "$words" "$OUT/$name.dict"
done
# Where targets run there is a C library and little else.
ldd "$OUT/fuzz_world" | awk '$2 == "=>" && $1 !~ /^(libc|libm|libdl|librt|libpthread|libresolv|ld-.*)\.so/ { print $3 }' |
    xargs -I{} cp -L {} "$OUT/lib/"
echo "fuzz targets in $OUT"
