using System.Formats.Tar;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using AgentWarden.Node;

namespace AgentWarden.ControlPlane.Tests;

/// <summary>What of a node needs no node: names, images, and reading what Linux says.</summary>
public sealed class NodePartsTests
{
    /// <summary>As glibc asks for the address of db.team.svc.cluster.local.</summary>
    private static readonly byte[] Question =
    [
        0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0,
        2, (byte)'D', (byte)'b', 4, (byte)'t', (byte)'e', (byte)'a', (byte)'m', 3, (byte)'s', (byte)'v', (byte)'c',
        7, (byte)'c', (byte)'l', (byte)'u', (byte)'s', (byte)'t', (byte)'e', (byte)'r', 5, (byte)'l', (byte)'o', (byte)'c', (byte)'a', (byte)'l', 0,
        0, 1, 0, 1,
    ];

    [Fact]
    public void A_question_for_an_address_is_answered_with_the_question_and_the_address()
    {
        var question = DnsMessage.Read(Question)!;
        Assert.Equal(("db.team.svc.cluster.local", true), (question.Name, question.IsAddress));
        Assert.Equal(("team", "db"), ClusterNames.Service(question.Name));
        var answer = DnsMessage.Answer(question, DnsMessage.NoError, IPAddress.Parse("10.0.0.7"));
        Assert.Equal([0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], answer[..12]);
        Assert.Equal(Question[12..], answer[12..Question.Length]);
        Assert.Equal([10, 0, 0, 7], answer[^4..]);
    }

    [Theory]
    [InlineData("example.com"), InlineData("db.team.svc.cluster.local.team.svc.cluster.local"), InlineData("db.team"), InlineData("")]
    public void What_is_outside_the_cluster_is_no_Service(string name) => Assert.Null(ClusterNames.Service(name));

    [Fact]
    public void What_is_no_question_is_not_answered()
    {
        byte[] answer = [.. Question];
        answer[2] |= 0x80;
        Assert.Null(DnsMessage.Read(answer));
        Assert.All(Enumerable.Range(0, Question.Length), length => Assert.Null(DnsMessage.Read(Question.AsMemory(0, length))));
    }

    [Fact]
    public async Task An_image_says_the_digest_of_its_layer_and_has_every_directory_before_what_is_in_it()
    {
        var folder = Directory.CreateTempSubdirectory("image-").FullName;
        try
        {
            var archive = Path.Combine(folder, "image.tar");
            await ImageArchive.WriteAsync(archive, new() { Names = ["localhost/a:1"], User = "65532:65532", Entrypoint = ["/app/run"] }, async layer =>
            {
                await layer.TextAsync("app/data/text", "hello", default);
                await layer.LinkAsync("app/run", "data/text", default);
            }, default);
            Assert.Equal([archive], Directory.EnumerateFiles(folder));

            await TarFile.ExtractToDirectoryAsync(archive, folder, overwriteFiles: false);
            var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "manifest.json")))![0]!;
            Assert.Equal("localhost/a:1", (string?)manifest["RepoTags"]![0]);
            var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, (string)manifest["Config"]!)))!;
            Assert.Equal("65532:65532", (string?)config["config"]!["User"]);
            var layer = File.ReadAllBytes(Path.Combine(folder, (string)manifest["Layers"]![0]!));
            Assert.Equal($"sha256:{Convert.ToHexStringLower(SHA256.HashData(layer))}", (string?)config["rootfs"]!["diff_ids"]![0]);
            using var reader = new TarReader(new MemoryStream(layer));
            Assert.Equal(["app", "app/data", "app/data/text", "app/run"], Entries(reader));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Paths_of_libraries_and_mounts_are_read_as_Linux_writes_them()
    {
        Assert.Equal(["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"], SharedLibraries.Parse("\tlinux-vdso.so.1 (0x0)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x0)\n\tlibgone.so.1 => not found\n\t/lib64/ld-linux-x86-64.so.2 (0x0)\n"));
        Assert.Equal(new("/tmp/a b", "overlay"), MountTable.Parse("36 35 98:0 / /tmp/a\\040b rw,noatime master:1 - overlay overlay rw,errors=continue"));
        Assert.Equal(new("/sys", "sysfs"), MountTable.Parse("25 35 0:1 / /sys rw - sysfs sysfs rw"));
    }

    private static IEnumerable<string> Entries(TarReader reader)
    {
        while (reader.GetNextEntry() is { } entry)
        {
            yield return entry.Name.TrimEnd('/');
        }
    }
}
