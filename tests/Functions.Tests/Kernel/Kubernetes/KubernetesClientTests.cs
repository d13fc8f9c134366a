using System.Net;
using System.Text;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Kernel.Kubernetes;

public sealed class KubernetesClientTests
{
    private static readonly byte[] Body = "{}"u8.ToArray();

    [Fact]
    public async Task An_absent_object_is_null_and_an_absent_delete_is_false()
    {
        await using var server = await FakeApiServer.StartAsync(c => c.StatusAsync(404, "NotFound"));
        using var client = server.Client();

        Assert.Null(await client.GetAsync(KubernetesKinds.Secret, "a", "b", ObjectMetaJson.Default.MetadataOnly, default));
        Assert.False(await client.DeleteAsync(KubernetesKinds.Secret, "a", "b", new DeletePreconditions("u"), default));
    }

    [Fact]
    public async Task Of_an_object_that_is_read_as_metadata_nothing_else_is_asked_for()
    {
        string? accept = null;
        await using var server = await FakeApiServer.StartAsync(c =>
        {
            accept = c.Request.Headers.Accept;
            return c.StatusAsync(404, "NotFound");
        });
        using var client = server.Client();
        await client.GetAsync(KubernetesKinds.Secret, "a", "b", ObjectMetaJson.Default.MetadataOnly, default);
        Assert.StartsWith("application/json;as=PartialObjectMetadata;", accept, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(409, "AlreadyExists", nameof(KubernetesException.IsAlreadyExists))]
    [InlineData(409, "Conflict", nameof(KubernetesException.IsConflict))]
    [InlineData(403, "Forbidden", nameof(KubernetesException.IsForbidden))]
    [InlineData(422, "Invalid", nameof(KubernetesException.IsInvalid))]
    [InlineData(410, "Expired", nameof(KubernetesException.IsGone))]
    public async Task A_refusal_is_typed_by_status_and_reason(int code, string reason, string property)
    {
        await using var server = await FakeApiServer.StartAsync(c => c.StatusAsync(code, reason, "because"));
        using var client = server.Client();

        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.CreateAsync(KubernetesKinds.Secret, "a", "m", Body, default));

        Assert.Equal((HttpStatusCode)code, e.StatusCode);
        Assert.Equal(reason, e.Reason);
        Assert.Contains("because", e.Message, StringComparison.Ordinal);
        Assert.True((bool)typeof(KubernetesException).GetProperty(property)!.GetValue(e)!);
        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task Too_many_requests_is_waited_out_even_for_a_create()
    {
        var calls = 0;
        await using var server = await FakeApiServer.StartAsync(c => Interlocked.Increment(ref calls) < 3
            ? c.StatusAsync(429, "TooManyRequests")
            : c.JsonAsync(Answers.Object("b", 7)));
        using var client = server.Client();

        var written = await client.CreateAsync(KubernetesKinds.Secret, "a", "m", Body, default);

        Assert.Equal("7", written.ResourceVersion);
        Assert.Equal(3, server.Asked.Count);
    }

    [Fact]
    public async Task Retry_after_is_waited_for_but_not_longer_than_the_limit()
    {
        await using var server = await FakeApiServer.StartAsync(c =>
        {
            c.Response.Headers.RetryAfter = "3600";
            return c.StatusAsync(429, "TooManyRequests");
        });
        using var client = server.Client(new KubernetesClientOptions { Attempts = 2, LongestDelay = TimeSpan.FromMilliseconds(5) });

        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.CreateAsync(KubernetesKinds.Secret, "a", "m", Body, default));

        Assert.Equal(TimeSpan.FromHours(1), e.RetryAfter);
        Assert.True(e.IsTransient);
        Assert.Equal(2, server.Asked.Count);
    }

    [Fact]
    public async Task A_create_whose_connection_died_is_not_sent_again_and_an_apply_is()
    {
        await using var server = await FakeApiServer.StartAsync(c =>
        {
            c.Abort();
            return Task.CompletedTask;
        });
        using var client = server.Client();

        var create = await Assert.ThrowsAsync<KubernetesException>(() => client.CreateAsync(KubernetesKinds.Secret, "a", "m", Body, default));
        Assert.Equal(default, create.StatusCode);
        Assert.True(create.IsTransient);
        Assert.Single(server.Asked);

        await Assert.ThrowsAsync<KubernetesException>(() => client.ApplyAsync(KubernetesKinds.Secret, "a", "b", subresource: null, "m", Body, default));
        Assert.Equal(6, server.Asked.Count);
    }

    [Fact]
    public async Task A_create_that_never_reached_the_server_is_sent_again()
    {
        Uri address;
        await using (var server = await FakeApiServer.StartAsync(c => c.JsonAsync("{}")))
        {
            address = server.Address;
        }

        using var client = new KubernetesClient(new ClusterConnection { Server = address, Description = "gone" }, new KubernetesClientOptions { Attempts = 2, FirstDelay = TimeSpan.FromMilliseconds(1) });
        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.CreateAsync(KubernetesKinds.Secret, "a", "m", Body, default));

        Assert.Equal(default, e.StatusCode);
        Assert.Contains("refused", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up_in_time_and_a_cancelled_caller_at_once()
    {
        await using var server = await FakeApiServer.StartAsync(c => c.HoldAsync());
        using var client = server.Client(new KubernetesClientOptions { Attempts = 1, RequestTimeout = TimeSpan.FromMilliseconds(50) });
        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetServerVersionAsync(default));
        Assert.True(e.IsTransient);

        using var cancelled = new CancellationTokenSource(20);
        using var patient = server.Client();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => patient.GetServerVersionAsync(cancelled.Token));
    }

    [Fact]
    public async Task A_list_is_read_page_by_page_and_goes_on_when_its_token_expires()
    {
        await using var server = await FakeApiServer.StartAsync(c => c.Request.Query["continue"].ToString() switch
        {
            "" => c.JsonAsync(Answers.List(5, "p2", Answers.Object("one", 1))),
            "p2" => c.JsonAsync("""{"kind":"Status","metadata":{"continue":"p2-new"},"reason":"Expired","message":"too old","code":410}""", 410),
            _ => c.JsonAsync(Answers.List(9, next: null, Answers.Object("two", 2))),
        });
        using var client = server.Client();

        var names = new List<string>();
        await foreach (var item in client.ListAsync(KubernetesKinds.Secret, "a", new ListOptions { PageSize = 1, LabelSelector = "x=y", MetadataOnly = true }, ObjectMetaJson.Default.MetadataOnly, default))
        {
            names.Add(item.Metadata.Name);
        }

        Assert.Equal(["one", "two"], names);
        Assert.Equal("GET /api/v1/namespaces/a/secrets?labelSelector=x%3Dy&limit=1", server.Asked.First());
    }

    [Fact]
    public async Task A_list_that_trickles_in_byte_by_byte_is_the_same_list()
    {
        var json = Answers.List(5, next: null, [.. Enumerable.Range(0, 3).Select(i => Answers.Object($"o{i}", i))]).Replace("\"items\"", "\"other\":{\"deep\":[1,{}]},\"items\"", StringComparison.Ordinal);
        await using var server = await FakeApiServer.StartAsync(async c =>
        {
            foreach (var b in Encoding.UTF8.GetBytes(json))
            {
                await c.Response.Body.WriteAsync(new[] { b });
                await c.Response.Body.FlushAsync();
            }
        });
        using var client = server.Client();

        var page = await client.ListPageAsync(KubernetesKinds.Secret, "a", ListOptions.All, continueToken: null, ObjectMetaJson.Default.MetadataOnly, default);

        Assert.Equal(["o0", "o1", "o2"], page.Items.Select(i => i.Metadata.Name));
        Assert.Equal("5", page.ResourceVersion);
        Assert.Null(page.Continue);
    }

    [Fact]
    public async Task One_object_that_does_not_fit_is_named_and_the_others_are_read()
    {
        await using var server = await FakeApiServer.StartAsync(c => c.JsonAsync(Answers.List(5, next: null,
            Answers.Object("good", 1), """{"metadata":{"name":"bad","namespace":"a","labels":[1]}}""", Answers.Object("better", 2))));
        using var client = server.Client();

        var page = await client.ListPageAsync(KubernetesKinds.Secret, "a", ListOptions.All, continueToken: null, ObjectMetaJson.Default.MetadataOnly, default);

        Assert.Equal(["good", "better"], page.Items.Select(i => i.Metadata.Name));
        var unreadable = Assert.Single(page.Unreadable);
        Assert.Equal(new ObjectKey("a", "bad"), unreadable.Key);
        Assert.Contains("labels", unreadable.Field, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_breaks_off_is_asked_for_again()
    {
        var calls = 0;
        await using var server = await FakeApiServer.StartAsync(async c =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                await c.SendAsync("{\"items\":[{\"metadata\":{");
                return;
            }

            await c.JsonAsync(Answers.List(5, next: null, Answers.Object("one", 1)));
        });
        using var client = server.Client();

        var page = await client.ListPageAsync(KubernetesKinds.Secret, "a", ListOptions.All, continueToken: null, ObjectMetaJson.Default.MetadataOnly, default);

        Assert.Single(page.Items);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task No_more_requests_are_on_their_way_than_allowed()
    {
        int now = 0, most = 0;
        await using var server = await FakeApiServer.StartAsync(async c =>
        {
            var current = Interlocked.Increment(ref now);
            lock (c.RequestServices)
            {
                most = Math.Max(most, current);
            }

            await Task.Delay(5);
            Interlocked.Decrement(ref now);
            await c.JsonAsync("{}");
        });
        using var client = server.Client(new KubernetesClientOptions { MaxInFlight = 3 });

        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => client.ApplyAsync(KubernetesKinds.Secret, "a", "b", subresource: null, "m", Body, default)));

        Assert.InRange(most, 1, 3);
    }

    [Fact]
    public async Task Writes_say_who_writes_and_how()
    {
        string? type = null, accept = null;
        await using var server = await FakeApiServer.StartAsync(c =>
        {
            (type, accept) = (c.Request.ContentType, c.Request.Headers.Accept);
            return c.JsonAsync("""{"data":{"secret":"x"},"metadata":{"labels":{"name":"no"},"name":"b","uid":"u","resourceVersion":"8","generation":3}}""");
        });
        using var client = server.Client();

        var written = await client.ApplyAsync(KubernetesKinds.Secret, "a", "b", "status", "warden/x", Body, default);

        Assert.Equal(("b", "u", "8", 3L), (written.Name, written.Uid, written.ResourceVersion, written.Generation));
        Assert.Equal("PATCH /api/v1/namespaces/a/secrets/b/status?fieldManager=warden%2Fx&force=true", Assert.Single(server.Asked));
        Assert.Equal("application/apply-patch+yaml", type);
        Assert.StartsWith("application/json;as=PartialObjectMetadata;", accept, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "20+", true)]
    [InlineData("1", "19", false)]
    [InlineData("2", "0", true)]
    public void A_server_version_compares(string major, string minor, bool atLeast120)
    {
        var said = new k8s.Models.VersionInfo { Major = major, Minor = minor, GitVersion = "v" };
        Assert.Equal(atLeast120, ServerVersion.Of(said).AtLeast(1, 20));
    }
}
