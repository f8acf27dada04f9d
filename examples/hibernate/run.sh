#!/bin/sh
# Compiles and runs the shop with Hibernate, from Debian's packages alone.
set -eu

classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT

path=$classes
for jar in hibernate3 hibernate-commons-annotations geronimo-jpa_2.0_spec \
	geronimo-jta-1.2-spec dom4j antlr commons-collections3 javassist \
	slf4j-api slf4j-nop postgresql junixsocket-common; do
	path=$path:/usr/share/java/$jar.jar
done

javac -nowarn -XDsuppressNotes -cp "$path" -d "$classes" Checks.java Run.java
# JDBC needs the native library for the server's socket; javassist defines classes
java -cp "$path" --add-opens java.base/java.lang=ALL-UNNAMED \
	-Djava.library.path="$(echo /usr/lib/*/jni)" Run
