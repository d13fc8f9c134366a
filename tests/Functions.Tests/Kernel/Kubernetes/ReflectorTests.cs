using AgentWarden.Kernel.Contracts;
using System.Collections.Concurrent;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Kernel.Kubernetes;

public sealed class ReflectorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task It_lists_then_follows_the_watch_and_tells_every_change_after_the_cache_has_it()
    {
        await using var run = await Run.StartAsync(c => IsWatch(c)
            ? HoldAfterAsync(c, Answers.Event("ADDED", Answers.Object("b", 6)), Answers.Event("MODIFIED", Answers.Object("a", 7)), Answers.Event("BOOKMARK", Answers.Object("", 8)), Answers.Event("DELETED", Answers.Object("b", 9)))
            : c.JsonAsync(Answers.List(5, next: null, Answers.Object("a", 1))),
            r => r.IndexNamespaces());

        await run.ToldAsync("Add a@1", "synced", "Add b@6", "Update a@1>7", "Delete b@6>9");
        Assert.Equal("7", run.Reflector.Find(new ObjectKey("a", "a"))!.Metadata.ResourceVersion);
        Assert.Single(run.Reflector.InNamespace("a"));
        Assert.NotNull(run.Reflector.LastContact);
        Assert.Empty(run.CacheDisagreed);
    }

    [Fact]
    public async Task A_dropped_connection_goes_on_from_the_last_version_seen_also_from_a_bookmark()
    {
        var watches = 0;
        var cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var run = await Run.StartAsync(async c =>
        {
            if (!IsWatch(c))
            {
                await c.JsonAsync(Answers.List(5, next: null));
                return;
            }

            switch (Interlocked.Increment(ref watches))
            {
                case 1:
                    await c.SendAsync(Answers.Event("ADDED", Answers.Object("a", 6)) + Answers.Event("BOOKMARK", Answers.Object("", 42)) + "{\"type\":\"ADD");
                    await cut.Task;
                    c.Abort();
                    break;
                default:
                    await HoldAfterAsync(c, Answers.Event("ADDED", Answers.Object("b", 43)));
                    break;
            }
        });

        await run.ToldAsync("synced", "Add a@6");
        await run.UntilAsync(() => run.Reflector.ResourceVersion == 42);
        cut.SetResult();
        await run.ToldAsync("synced", "Add a@6", "Add b@43");
        Assert.Equal(1, run.Server.Asked.Count(a => !a.Contains("watch=true", StringComparison.Ordinal)));
        Assert.Contains("resourceVersion=42", run.Server.Asked.Last(), StringComparison.Ordinal);
        await run.UntilAsync(() => run.Reflector.ResourceVersion == 43);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_version_that_is_too_old_leads_to_a_list_of_which_only_the_difference_is_told(bool asEvent)
    {
        int lists = 0, watches = 0;
        const string gone = """{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}""";
        await using var run = await Run.StartAsync(c => (IsWatch(c), IsWatch(c) ? Interlocked.Increment(ref watches) : Interlocked.Increment(ref lists)) switch
        {
            (false, 1) => c.JsonAsync(Answers.List(5, next: null, Answers.Object("same", 1), Answers.Object("changed", 2), Answers.Object("deleted", 3), Answers.Object("recreated", 4, uid: "old"))),
            (false, _) => c.JsonAsync(Answers.List(50, next: null, Answers.Object("same", 1), Answers.Object("changed", 20), Answers.Object("new", 30), Answers.Object("recreated", 40, uid: "new"))),
            (true, 1) => asEvent ? c.SendAsync(Answers.Event("ERROR", gone)) : c.JsonAsync(gone, 410),
            _ => c.HoldAsync(),
        });

        await run.ToldAsync("Add same@1", "Add changed@2", "Add deleted@3", "Add recreated@4", "synced",
            "Update changed@2>20", "Add new@30", "Delete recreated@4>4", "Add recreated@40", "Delete deleted@3>3", "synced");
        Assert.Null(run.Reflector.Find(new ObjectKey("a", "deleted")));
        Assert.Equal(4, run.Reflector.Count);
    }

    [Fact]
    public async Task A_list_that_expires_between_pages_is_done_again_in_one_piece()
    {
        await using var run = await Run.StartAsync(c => (IsWatch(c), c.Request.Query["continue"].ToString(), c.Request.Query["limit"].ToString()) switch
        {
            (true, _, _) => c.HoldAsync(),
            (_, "p2", _) => c.StatusAsync(410, "Expired"),
            (_, _, "") => c.JsonAsync(Answers.List(9, next: null, Answers.Object("a", 1), Answers.Object("b", 2))),
            _ => c.JsonAsync(Answers.List(5, "p2", Answers.Object("a", 1))),
        });

        await run.ToldAsync("Add a@1", "Add b@2", "synced");
        await run.UntilAsync(() => run.Reflector.ResourceVersion == 9);
    }

    [Fact]
    public async Task What_was_deleted_before_a_list_is_done_again_is_told_although_a_page_had_it()
    {
        await using var run = await Run.StartAsync(c => (IsWatch(c), c.Request.Query["continue"].ToString(), c.Request.Query["limit"].ToString()) switch
        {
            (true, _, _) => c.HoldAsync(),
            (_, "p2", _) => c.StatusAsync(410, "Expired"),
            (_, _, "") => c.JsonAsync(Answers.List(9, next: null, Answers.Object("b", 2))),
            _ => c.JsonAsync(Answers.List(5, "p2", Answers.Object("a", 1))),
        });

        await run.ToldAsync("Add a@1", "Add b@2", "Delete a@1>1", "synced");
        Assert.Equal(1, run.Reflector.Count);
    }

    [Fact]
    public async Task A_deletion_is_told_although_the_object_could_not_be_read_any_more()
    {
        const string unreadable = """{"metadata":{"name":"a","namespace":"a","resourceVersion":"7","labels":7}}""";
        await using var run = await Run.StartAsync(c => IsWatch(c)
            ? HoldAfterAsync(c, Answers.Event("MODIFIED", unreadable), Answers.Event("DELETED", unreadable))
            : c.JsonAsync(Answers.List(5, next: null, Answers.Object("a", 1))));

        await run.ToldAsync("Add a@1", "synced", "Delete a@1>1");
        Assert.Equal(0, run.Reflector.Count);
    }

    [Fact]
    public async Task A_kind_that_is_not_installed_yet_is_waited_for()
    {
        var lists = 0;
        await using var run = await Run.StartAsync(c => IsWatch(c) ? c.HoldAsync()
            : Interlocked.Increment(ref lists) < 4 ? c.StatusAsync(lists % 2 == 0 ? 403 : 404, "NotFound")
            : c.JsonAsync(Answers.List(5, next: null, Answers.Object("a", 1))));

        await run.ToldAsync("Add a@1", "synced");
    }

    [Fact]
    public async Task An_object_of_three_megabytes_arrives_whole()
    {
        var big = $$$$"""{"metadata":{"name":"big","namespace":"a","uid":"u","resourceVersion":"6","annotations":{"x":"{{{{new string('y', 3 << 20)}}}}"}}}""";
        await using var run = await Run.StartAsync(c => IsWatch(c)
            ? HoldAfterAsync(c, Answers.Event("ADDED", big), Answers.Event("ADDED", Answers.Object("small", 7)))
            : c.JsonAsync(Answers.List(5, next: null)));

        await run.ToldAsync("synced", "Add big@6", "Add small@7");
        Assert.Equal(3 << 20, run.Reflector.Find(new ObjectKey("a", "big"))!.Metadata.Annotation("x")!.Length);
    }

    [Fact]
    public async Task A_handler_that_throws_does_not_end_the_watch()
    {
        await using var run = await Run.StartAsync(
            c => IsWatch(c) ? HoldAfterAsync(c, Answers.Event("ADDED", Answers.Object("b", 6))) : c.JsonAsync(Answers.List(5, next: null, Answers.Object("a", 1))),
            r => r.Subscribe(new Thrower()));

        await run.ToldAsync("Add a@1", "synced", "Add b@6");
    }

    [Fact]
    public async Task Indexes_and_trimming_follow_every_change()
    {
        static string Labelled(string name, int version, string label) =>
            $$$$"""{"metadata":{"name":"{{{{name}}}}","namespace":"a","uid":"u","resourceVersion":"{{{{version}}}}","labels":{"l":"{{{{label}}}}"}}}""";
        await using var run = await Run.StartAsync(
            c => IsWatch(c)
                ? HoldAfterAsync(c, Answers.Event("MODIFIED", Labelled("a", 6, "two")), Answers.Event("MODIFIED", Labelled("b", 7, "ignore")))
                : c.JsonAsync(Answers.List(5, next: null, Labelled("a", 1, "one"), Labelled("b", 2, "one"), Labelled("c", 3, "ignore"))),
            r => r.AddIndex("l", o => o.Metadata.Label("l") is { } l ? [l] : []),
            o => o.Metadata.Label("l") == "ignore" ? null : new MetadataTrim().Trim(o));

        await run.ToldAsync("Add a@1", "Add b@2", "synced", "Update a@1>6", "Delete b@2>2");
        Assert.Empty(run.Reflector.ByIndex("l", "one"));
        Assert.Equal("a", Assert.Single(run.Reflector.ByIndex("l", "two")).Metadata.Name);
    }

    [Fact]
    public async Task Repeated_server_errors_on_the_watch_lead_to_a_new_list()
    {
        var lists = 0;
        await using var run = await Run.StartAsync(c => !IsWatch(c) ? c.JsonAsync(Answers.List(Interlocked.Increment(ref lists), next: null, Answers.Object("a", lists)))
            : lists > 1 ? c.HoldAsync()
            : c.SendAsync(Answers.Event("ERROR", """{"kind":"Status","code":500,"reason":"InternalError","message":"cannot decode"}""")));

        await run.ToldAsync("Add a@1", "synced", "Update a@1>2", "synced");
    }

    private static bool IsWatch(HttpContext context) => context.Request.Query.ContainsKey("watch");

    private static async Task HoldAfterAsync(HttpContext context, params string[] lines)
    {
        foreach (var line in lines)
        {
            await context.SendAsync(line);
        }

        await context.HoldAsync();
    }

    private sealed class Thrower : IWatchHandler<MetadataOnly>
    {
        public void OnChange(ObjectChange change, MetadataOnly? before, MetadataOnly now) => throw new InvalidOperationException("a bug");

        public void OnSynced() => throw new InvalidOperationException("a bug");
    }

    /// <summary>A reflector at a fake server, and what it told.</summary>
    private sealed class Run : IAsyncDisposable, IWatchHandler<MetadataOnly>
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentQueue<string> _told = new();
        private KubernetesClient? _client;
        private Task _running = Task.CompletedTask;

        public required FakeApiServer Server { get; init; }
        public Reflector<MetadataOnly> Reflector { get; private set; } = null!;
        public ConcurrentQueue<string> CacheDisagreed { get; } = new();

        public static async Task<Run> StartAsync(RequestDelegate answer, Action<Reflector<MetadataOnly>>? prepare = null, Func<MetadataOnly, MetadataOnly?>? trim = null)
        {
            var run = new Run { Server = await FakeApiServer.StartAsync(answer) };
            run._client = run.Server.Client();
            run.Reflector = new Reflector<MetadataOnly>(run._client, KubernetesKinds.Secret, ObjectMetaJson.Default.MetadataOnly, NullLogger.Instance,
                new ReflectorOptions { FirstDelay = TimeSpan.FromMilliseconds(1), List = new ListOptions { MetadataOnly = true } }, trim);
            prepare?.Invoke(run.Reflector);
            run.Reflector.Subscribe(run);
            run._running = run.Reflector.RunAsync(run._stop.Token);
            return run;
        }

        public async Task ToldAsync(params string[] expected)
        {
            var until = DateTime.UtcNow + Patience;
            while (_told.Count < expected.Length && DateTime.UtcNow < until)
            {
                await Task.Delay(5);
            }

            Assert.Equal(expected, _told);
        }

        public async Task UntilAsync(Func<bool> done)
        {
            var until = DateTime.UtcNow + Patience;
            while (!done() && DateTime.UtcNow < until)
            {
                await Task.Delay(5);
            }

            Assert.True(done(), "It did not come to pass.");
        }

        public void OnChange(ObjectChange change, MetadataOnly? before, MetadataOnly now)
        {
            var cached = Reflector.Find(new ObjectKey(now.Metadata.Namespace, now.Metadata.Name));
            if (ReferenceEquals(cached, now) == (change == ObjectChange.Delete))
            {
                CacheDisagreed.Enqueue(now.Metadata.Name);
            }

            var versions = before is null ? now.Metadata.ResourceVersion : $"{before.Metadata.ResourceVersion}>{now.Metadata.ResourceVersion}";
            _told.Enqueue($"{change} {now.Metadata.Name}@{versions}");
        }

        public void OnSynced() => _told.Enqueue("synced");

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running.WaitAsync(Patience);
            _client!.Dispose();
            await Server.DisposeAsync();
            _stop.Dispose();
        }
    }
}
