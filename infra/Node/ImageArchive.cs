using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace AgentWarden.Node;

/// <summary>What a Dockerfile says besides its files.</summary>
internal sealed record ImageSettings
{
    /// <summary>With registry and tag, as the node knows it; no registry is asked.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Command { get; init; } = [];

    public string User { get; init; } = "";

    public string WorkingDirectory { get; init; } = "/";
}

/// <summary>An image with one layer as a tar file, in the format of <c>docker save</c> (image specification 1.2).</summary>
internal static class ImageArchive
{
    internal static async Task WriteAsync(string archive, ImageSettings settings, Func<ImageLayer, Task> fill, CancellationToken cancellation)
    {
        var layer = $"{archive}.layer";
        try
        {
            await using (var content = File.Create(layer))
            {
                await using var files = new ImageLayer(content);
                await fill(files);
            }

            var config = Config(settings, await DigestAsync(layer, cancellation));
            var configName = $"{Convert.ToHexStringLower(SHA256.HashData(config))}.json";
            await using var output = File.Create(archive);
            await using var tar = new TarWriter(output, TarEntryFormat.Pax);
            await AddAsync(tar, configName, new MemoryStream(config), cancellation);
            await AddAsync(tar, "layer.tar", File.OpenRead(layer), cancellation);
            await AddAsync(tar, "manifest.json", new MemoryStream(Manifest(settings, configName)), cancellation);
        }
        finally
        {
            File.Delete(layer);
        }
    }

    private static byte[] Config(ImageSettings settings, string layerDigest) => Bytes(new JsonObject
    {
        ["architecture"] = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64",
        ["os"] = "linux",
        ["config"] = new JsonObject
        {
            ["User"] = settings.User,
            ["WorkingDir"] = settings.WorkingDirectory,
            ["Entrypoint"] = List(settings.Entrypoint),
            ["Cmd"] = List(settings.Command),
            ["Env"] = List(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]),
        },
        ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = List([layerDigest]) },
    });

    private static byte[] Manifest(ImageSettings settings, string config) => Bytes(new JsonArray(new JsonObject
    {
        ["Config"] = config,
        ["RepoTags"] = List(settings.Names),
        ["Layers"] = List(["layer.tar"]),
    }));

    private static JsonArray List(IEnumerable<string> texts) => [.. texts.Select(t => (JsonNode)t)];

    private static byte[] Bytes(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static async Task<string> DigestAsync(string file, CancellationToken cancellation)
    {
        await using var content = File.OpenRead(file);
        return $"sha256:{Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation))}";
    }

    private static async Task AddAsync(TarWriter tar, string name, Stream content, CancellationToken cancellation)
    {
        await using (content)
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content }, cancellation);
        }
    }
}
