# Toolchain file for arm64 on Debian of another architecture: crossbuild-essential-arm64 and the multi-arch libraries of
# arm64, as in the root that config/packaging/arm64_root.sh makes. ctest runs what is built under qemu.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
set(PKG_CONFIG_EXECUTABLE aarch64-linux-gnu-pkg-config)
