using System.Text;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.Kernel.Kubernetes;

[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class KubernetesClientClusterTests(ControlPlaneFixture cluster)
{
    private readonly KubernetesClient _client = cluster.Client;

    [Fact]
    public async Task The_server_says_its_version() =>
        Assert.True((await _client.GetServerVersionAsync(default)).AtLeast(1, 20));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_list_comes_in_pages_whole_or_as_metadata_only(bool metadataOnly)
    {
        var ns = await cluster.NewNamespaceAsync();
        for (var i = 0; i < 25; i++)
        {
            await _client.CreateAsync(KubernetesKinds.Secret, ns, "tests", Secret(ns, $"s{i:00}", "v"), default);
        }

        var options = new ListOptions { PageSize = 10, MetadataOnly = metadataOnly, LabelSelector = "l=x" };
        var first = await _client.ListPageAsync(KubernetesKinds.Secret, ns, options, continueToken: null, ObjectMetaJson.Default.MetadataOnly, default);
        var names = new List<string>();
        await foreach (var item in _client.ListAsync(KubernetesKinds.Secret, ns, options, ObjectMetaJson.Default.MetadataOnly, default))
        {
            names.Add(item.Metadata.Name);
        }

        Assert.Equal(10, first.Items.Count);
        Assert.NotNull(first.Continue);
        Assert.NotNull(first.ResourceVersion);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"s{i:00}"), names);
        Assert.Equal("x", first.Items[0].Metadata.Label("l"));
    }

    [Fact]
    public async Task A_list_goes_on_after_the_server_has_compacted_its_version()
    {
        var ns = await cluster.NewNamespaceAsync();
        for (var i = 0; i < 3; i++)
        {
            await _client.CreateAsync(KubernetesKinds.Secret, ns, "tests", Secret(ns, $"s{i}", "v"), default);
        }

        var names = new List<string>();
        await foreach (var item in _client.ListAsync(KubernetesKinds.Secret, ns, new ListOptions { PageSize = 1, LabelSelector = "l=x" }, ObjectMetaJson.Default.MetadataOnly, default))
        {
            names.Add(item.Metadata.Name);
            await _client.ApplyAsync(KubernetesKinds.Secret, ns, "s0", subresource: null, "tests", Secret(ns, "s0", $"v{names.Count}"), default);
            await Etcd.CompactAsync(cluster.Plane.EtcdClientUrl);
        }

        Assert.Equal(["s0", "s1", "s2"], names);
    }

    [Fact]
    public async Task A_second_create_is_refused_as_already_there()
    {
        var ns = await cluster.NewNamespaceAsync();
        var created = await _client.CreateAsync(KubernetesKinds.Secret, ns, "tests", Secret(ns, "s", "v"), default);
        Assert.NotEmpty(created.Uid!);
        Assert.NotEmpty(created.ResourceVersion!);

        var e = await Assert.ThrowsAsync<KubernetesException>(() => _client.CreateAsync(KubernetesKinds.Secret, ns, "tests", Secret(ns, "s", "v"), default));

        Assert.True(e.IsAlreadyExists);
        Assert.False(e.IsConflict);
        Assert.DoesNotContain("dg==", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_creates_takes_fields_over_by_force_and_the_status_has_its_own_manager()
    {
        var ns = await cluster.NewNamespaceAsync();
        var made = await _client.ApplyAsync(KubernetesKinds.Secret, ns, "s", subresource: null, "one", Secret(ns, "s", "v1"), default);
        var same = await _client.ApplyAsync(KubernetesKinds.Secret, ns, "s", subresource: null, "one", Secret(ns, "s", "v1"), default);
        var taken = await _client.ApplyAsync(KubernetesKinds.Secret, ns, "s", subresource: null, "two", Secret(ns, "s", "v2"), default);

        Assert.Equal(made.ResourceVersion, same.ResourceVersion);
        Assert.NotEqual(made.ResourceVersion, taken.ResourceVersion);

        var name = await Crd.InstallAsync(_client, "widgets");
        var widget = Crd.Kind(name);
        await _client.ApplyAsync(widget, ns, "w", subresource: null, "spec-writer", Crd.Widget(name, ns, "w", "\"spec\":{\"x\":1}"), default);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            _client.ApplyAsync(widget, ns, "w", "status", $"status-{i}", Crd.Widget(name, ns, "w", $"\"status\":{{\"s{i}\":{i}}}"), default)));
        var read = Encoding.UTF8.GetString(await _client.SendAsync(HttpMethod.Get, widget.ObjectPath(ns, "w"), contentType: null, default, default));
        Assert.All(Enumerable.Range(0, 8), i => Assert.Contains($"\"s{i}\":{i}", read, StringComparison.Ordinal));
        Assert.Contains("\"x\":1", read, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delete_with_the_wrong_uid_or_version_is_a_conflict_and_changes_nothing()
    {
        var ns = await cluster.NewNamespaceAsync();
        var made = await _client.CreateAsync(KubernetesKinds.Secret, ns, "tests", Secret(ns, "s", "v"), default);

        Assert.True((await Assert.ThrowsAsync<KubernetesException>(() => _client.DeleteAsync(KubernetesKinds.Secret, ns, "s", new DeletePreconditions("other"), default))).IsConflict);
        Assert.True((await Assert.ThrowsAsync<KubernetesException>(() => _client.DeleteAsync(KubernetesKinds.Secret, ns, "s", new DeletePreconditions(made.Uid, "1"), default))).IsConflict);
        Assert.NotNull(await _client.GetAsync(KubernetesKinds.Secret, ns, "s", ObjectMetaJson.Default.MetadataOnly, default));
        Assert.True(await _client.DeleteAsync(KubernetesKinds.Secret, ns, "s", new DeletePreconditions(made.Uid, made.ResourceVersion), default));
        Assert.False(await _client.DeleteAsync(KubernetesKinds.Secret, ns, "s", new DeletePreconditions(made.Uid), default));
        Assert.Null(await _client.GetAsync(KubernetesKinds.Secret, ns, "s", ObjectMetaJson.Default.MetadataOnly, default));
    }

    [Fact]
    public async Task A_replace_of_an_old_version_is_a_conflict_and_patches_change_what_they_name()
    {
        var ns = await cluster.NewNamespaceAsync();
        await _client.CreateAsync(KubernetesKinds.Secret, ns, "tests", Secret(ns, "s", "v"), default);
        var e = await Assert.ThrowsAsync<KubernetesException>(() => _client.ReplaceAsync(KubernetesKinds.Secret, ns, "s", subresource: null,
            ControlPlaneFixture.Json($$$"""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"{{{ns}}}","resourceVersion":"1"}}"""), default));
        Assert.True(e.IsConflict);

        await _client.PatchAsync(KubernetesKinds.Secret, ns, "s", subresource: null, PatchKind.Merge, "tests", ControlPlaneFixture.Json("""{"metadata":{"annotations":{"a":"1"}}}"""), default);
        await _client.PatchAsync(KubernetesKinds.Secret, ns, "s", subresource: null, PatchKind.Json, "tests", ControlPlaneFixture.Json("""[{"op":"add","path":"/metadata/annotations/b","value":"2"}]"""), default);
        var read = await _client.GetAsync(KubernetesKinds.Secret, ns, "s", ObjectMetaJson.Default.MetadataOnly, default);
        Assert.Equal(("1", "2"), (read!.Metadata.Annotation("a"), read.Metadata.Annotation("b")));
    }

    [Fact]
    public async Task A_user_is_known_by_client_certificate_or_token_and_http2_works_too()
    {
        var (certificate, key) = cluster.Authority.Issue("bob", "system:masters");
        var folder = Directory.CreateTempSubdirectory("kubeconfig").FullName;
        var file = Path.Combine(folder, "config");
        var config = $$"""
            current-context: x
            clusters: [{name: c, cluster: {server: "{{cluster.Plane.Server}}", certificate-authority: "{{cluster.Plane.CertificateAuthorityPath}}"} }]
            contexts: [{name: x, context: {cluster: c, user: certificate} }, {name: token, context: {cluster: c, user: token} }, {name: nobody, context: {cluster: c, user: nobody} }]
            users:
            - name: certificate
              user: {client-certificate-data: {{Convert.ToBase64String(Encoding.UTF8.GetBytes(certificate))}}, client-key-data: {{Convert.ToBase64String(Encoding.UTF8.GetBytes(key))}} }
            - name: token
              user: {tokenFile: token}
            - name: nobody
              user: {token: wrong}
            """;
        await File.WriteAllTextAsync(file, config);
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), cluster.Plane.AdminToken);

        foreach (var (context, http2) in new[] { ("x", false), ("x", true), ("token", false), ("token", true) })
        {
            using var client = new KubernetesClient(ClusterConnection.FromKubeConfig(file, context), new KubernetesClientOptions { Http2 = http2 });
            Assert.NotNull(await client.GetAsync(KubernetesKinds.Namespace, ns: null, "default", ObjectMetaJson.Default.MetadataOnly, default));
        }

        using var stranger = new KubernetesClient(ClusterConnection.FromKubeConfig(file, "nobody"));
        var refused = await Assert.ThrowsAsync<KubernetesException>(() => stranger.GetAsync(KubernetesKinds.Namespace, ns: null, "default", ObjectMetaJson.Default.MetadataOnly, default));
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);

        // The machine's own authorities do not know this server.
        await File.WriteAllTextAsync(file, config.Replace("certificate-authority:", "x:", StringComparison.Ordinal));
        using var distrustful = new KubernetesClient(ClusterConnection.FromKubeConfig(file, "token"), new KubernetesClientOptions { Attempts = 1 });
        var untrusted = await Assert.ThrowsAsync<KubernetesException>(() => distrustful.GetServerVersionAsync(default));
        Assert.Contains("certificate-authority", untrusted.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    private static ReadOnlyMemory<byte> Secret(string ns, string name, string value) =>
        ControlPlaneFixture.Json($$$"""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}","labels":{"l":"x"}},"stringData":{"k":"{{{value}}}"}}""");
}
