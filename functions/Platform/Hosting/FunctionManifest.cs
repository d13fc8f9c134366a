using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.Hosting;

/// <summary>All <c>NAME/function.json</c> of the application: the single declaration of what calls a function, in every host.</summary>
internal sealed class FunctionManifest
{
    private readonly Dictionary<string, FunctionDeclaration> _declarations;

    private FunctionManifest(HostJson host, Dictionary<string, FunctionDeclaration> declarations)
    {
        Host = host;
        _declarations = declarations;
    }

    public HostJson Host { get; }

    public IReadOnlyCollection<FunctionDeclaration> Declarations => _declarations.Values;

    /// <summary>Reads the application's folder: the given one, what the Functions host names in FUNCTIONS_APP_ROOT_PATH, or the executable's.</summary>
    public static FunctionManifest Load(Func<string, string?> settings, string? root = null)
    {
        root ??= settings("FUNCTIONS_APP_ROOT_PATH") is { Length: > 0 } fromHost ? fromHost : AppContext.BaseDirectory;
        if (!Directory.Exists(root))
        {
            throw new HostingException($"The application's folder {root} is not there. It holds host.json and a folder for each function; the Functions host names it in FUNCTIONS_APP_ROOT_PATH, do not set that by hand.");
        }

        var declarations = new Dictionary<string, FunctionDeclaration>(StringComparer.Ordinal);
        foreach (var folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            var file = Path.Combine(folder, "function.json");
            if (File.Exists(file))
            {
                var name = Path.GetFileName(folder);
                declarations.Add(name, FunctionJson.Parse(name, File.ReadAllBytes(file), settings));
            }
        }

        return new FunctionManifest(HostJson.Read(root, settings), declarations);
    }

    /// <summary>The functions that are switched on, with their triggers. Every mistake is told in one exception, so that one start shows them all.</summary>
    public IReadOnlyList<BoundFunction> Bind(IEnumerable<IFunction> functions)
    {
        var bound = new List<BoundFunction>();
        var problems = new List<string>();
        foreach (var function in functions)
        {
            if (!_declarations.TryGetValue(function.Name, out var declaration))
            {
                problems.Add($"{function.Name} has no {function.Name}/function.json beside the executable");
            }
            else if (!Fits(function, declaration.Trigger))
            {
                problems.Add($"{function.Name}/function.json declares a {declaration.Trigger.Type}, but the function takes {Takes(function)}");
            }
            else if (!declaration.Disabled)
            {
                bound.Add(new BoundFunction(function, declaration.Trigger));
            }
        }

        return problems.Count == 0 ? bound : throw new HostingException($"The functions do not match their declarations: {string.Join("; ", problems)}.");
    }

    // An event function is always reachable through the event intake, so its own trigger may also be the HTTP route that leads there.
    private static bool Fits(IFunction function, FunctionTrigger trigger) => trigger switch
    {
        HttpTrigger => function is IHttpFunction or IEventFunction,
        TimerTrigger => function is ITimerFunction,
        _ => function is IMessageFunction,
    };

    private static string Takes(IFunction function)
    {
        var takes = new List<string>(3);
        if (function is IHttpFunction)
        {
            takes.Add("httpTrigger");
        }

        if (function is ITimerFunction)
        {
            takes.Add("timerTrigger");
        }

        if (function is IEventFunction)
        {
            takes.Add("httpTrigger (the event intake's)");
        }

        if (function is IMessageFunction)
        {
            takes.Add("queueTrigger or eventGridTrigger");
        }

        return string.Join(", ", takes);
    }
}

/// <summary>A function and what calls it.</summary>
internal sealed record BoundFunction(IFunction Function, FunctionTrigger Trigger)
{
    public string Name => Function.Name;
}
