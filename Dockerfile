# The server as an image: built from source, run without a shell, as an unprivileged user, with a root that may be read-only and one volume.
#   docker build -t sparrow .
#   docker run --read-only -p 127.0.0.1:8080:8080 -v sparrow:/data -e Auth__Keys="app=sk-…" sparrow
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src/Runtime/Runtime.csproj src/Runtime/
COPY src/Compression/Compression.csproj src/Compression/
COPY src/Server/Server.csproj src/Server/
RUN dotnet restore src/Server/Server.csproj
COPY src/ src/
RUN dotnet publish src/Server/Server.csproj -c Release --no-restore -o /app && mkdir /data

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled AS server
COPY --from=build /app /app

# A new volume takes over the owner of what it covers.
COPY --from=build --chown=1654:1654 /data /data

# The runtime's diagnostic sockets would need a temporary folder that can be written.
ENV Server__Url=http://0.0.0.0:8080 Storage__Root=/data DOTNET_EnableDiagnostics=0
USER 1654:1654
VOLUME /data
WORKDIR /data
EXPOSE 8080
ENTRYPOINT ["/app/sparrow"]
CMD ["serve"]
